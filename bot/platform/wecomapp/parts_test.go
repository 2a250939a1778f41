package wecomapp

import (
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

// The first part has been read: sending the letter again would repeat it.
func TestHalfALetterIsNotSentAgain(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.s.FailAfter(1, qyapitest.Fault{Path: qyapitest.PathSend, Code: 45009})
		se := fault(r.t, r.letter(aning, strings.Repeat("half a letter ", 200)))
		if se.Fault != chat.Unknown || !strings.Contains(se.Error(), "1 of 2 parts") {
			r.t.Errorf("%v", se)
		}
		if got := r.screen(aning); !strings.HasPrefix(got, "+half a letter") {
			r.t.Errorf("shown %q", got)
		}
	})
}
