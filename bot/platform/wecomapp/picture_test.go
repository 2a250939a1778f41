package wecomapp

import (
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxfake"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

func TestPicturesComeAndGo(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		stop := r.start()
		wxfake.Pictures{
			Platform: r, Mark: mediaMark, Forget: r.s.ForgetMedia,
			Post: func(data []byte) chat.Event {
				r.s.Deliver(r.t.Context(), aning, r.s.Picture(aning, data))
				all := r.all()
				return all[len(all)-1]
			},
			Greet:   func() {}, // a member can always be written to
			Uploads: func() int { return r.s.Calls(qyapitest.PathUpload) },
			Seen: func() (out [][]byte) {
				for _, m := range r.s.Shown(aning) {
					out = append(out, m.Data)
				}
				return out
			},
		}.ComeAndGo(r.t)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}
