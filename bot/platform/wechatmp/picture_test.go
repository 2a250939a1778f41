package wechatmp

import (
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxfake"
	"qunmate/bot/platform/wechatmp/wechattest"
)

func TestPicturesComeAndGo(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{}, nil, func(r *rig) {
		stop := r.start()
		r.s.Follow(r.t.Context(), aning, "")
		wxfake.Pictures{
			Platform: r, Mark: mediaMark, Forget: r.s.ForgetMedia,
			Post: func(data []byte) chat.Event {
				r.s.Post(r.t.Context(), aning, r.s.Frame(aning, "image", r.s.Picture(data)))
				all := r.all()
				return all[len(all)-1]
			},
			Greet:   func() { r.s.Say(r.t.Context(), aning, "hello") },
			Uploads: func() int { return r.s.Calls(wechattest.PathUpload) },
			Seen: func() (out [][]byte) {
				for _, m := range r.s.Shown(aning) {
					out = append(out, m.Picture)
				}
				return out
			},
		}.ComeAndGo(r.t)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}
