package checkin_test

import (
	"testing"

	"qunmate/commands/commandtest"
)

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", commandtest.Ledger())
}
