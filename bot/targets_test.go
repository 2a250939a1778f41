package bot_test

import (
	"reflect"
	"testing"

	"qunmate/bot"
)

func TestTheNamesAtTheBeginningAreCutOff(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		items []bot.TargetName
		rest  string
	}{
		"":              {nil, ""},
		"全部群 明晚 8 点":    {[]bot.TargetName{{"全部群", false}}, "明晚 8 点"},
		"「读书会」、产品群 大家好": {[]bot.TargetName{{"读书会", true}, {"产品群", false}}, "大家好"},
		"读书会,产品群，羽毛球\n大家好\n再见":    {[]bot.TargetName{{"读书会", false}, {"产品群", false}, {"羽毛球", false}}, "大家好\n再见"},
		`"Book club", "Chess" hi`: {[]bot.TargetName{{"Book club", true}, {"Chess", true}}, "hi"},
		"Hello, world":            {[]bot.TargetName{{"Hello", false}}, ", world"},
		"大家好，明天放假":                {[]bot.TargetName{{"大家好", false}, {"明天放假", false}}, ""},
		"「没有合上 大家好":               {[]bot.TargetName{{"「没有合上", false}}, "大家好"},
		"  all   x":               {[]bot.TargetName{{"all", false}}, "x"},
		"「 」 大家好":                 {[]bot.TargetName{{"「", false}}, "」 大家好"},
		"、大家好":                    {nil, "、大家好"},
	} {
		items, rest := bot.CutTargets(text)
		if !reflect.DeepEqual(items, want.items) || rest != want.rest {
			t.Errorf("%q: %v, %q; want %v, %q", text, items, rest, want.items, want.rest)
		}
	}
}
