package bot

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

// A connection whose token is not accepted ends. The others go on, and the
// operators are told; with the last one the program ends.
func TestAConnectionThatEndsLeavesTheOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first, second := newLine("first"), newLine("second")
		first.ends, second.ends = make(chan error), make(chan error)
		w := begin(t, with(first, second), commands(echo), operators("运营"))
		w.say(private("运营"), "运营", "hello")
		w.net.Take()
		second.ends <- errors.New("the token is not accepted")
		synctest.Wait()
		if told := w.net.Take(); len(told) != 1 || told[0].Chat.ID != "运营" || !strings.Contains(told[0].Content.Text, "second") {
			t.Errorf("told: %v", told)
		}
		w.say(club, "阿宁", "/echo")
		if answers := w.net.Take(); len(answers) != 1 {
			t.Errorf("the other one is silent: %v", answers)
		}
		last := errors.New("nor is the other")
		first.ends <- last
		err := <-w.done
		w.done <- nil // for the stop at the end
		if !errors.Is(err, last) || !strings.Contains(err.Error(), "first") {
			t.Errorf("ended with %v", err)
		}
	})
}
