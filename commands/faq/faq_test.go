package faq_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/faq"
)

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, faq.Commands()...)
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", commandtest.Families{Commands: faq.Commands(), Actions: faq.Actions(), Listeners: faq.Listeners()})
}
