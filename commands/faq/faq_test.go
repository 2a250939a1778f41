package faq_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/commands/commandtest"
	"qunmate/commands/faq"
	"qunmate/commands/faq/match"
)

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, faq.Commands()...)
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", commandtest.Families{Commands: faq.Commands(), Actions: faq.Actions(), Listeners: faq.Listeners()})
}

// Who writes much tells a story: it is neither answered nor kept.
func TestAStoryIsNotAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := commandtest.Families{Commands: faq.Commands(), Actions: faq.Actions(), Listeners: faq.Listeners()}
		stage := commandtest.Open(t, f, commandtest.Scene{})
		stage.Line("管理员: /faq add 包含 发票 = 我的 → 订单\n管理员 [确认]")
		story := "发票" + strings.Repeat("长", match.MaxText-2)
		for text, answers := range map[string]int{story: 1, story + "长": 0} {
			if n := len(stage.Say("小陈", text)); n != answers {
				t.Errorf("%d letters: %d answers, want %d", len([]rune(text)), n, answers)
			}
			stage.Line("@ 1h")
		}
		stage.Close()
	})
}
