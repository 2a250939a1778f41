package bank_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"qunmate/commands/quiz/bank"
)

func TestAQuestionIsReadAsItIsTyped(t *testing.T) {
	t.Parallel()
	right := bank.Question{Text: "收到陌生链接先做什么?", Options: []string{"点开", "核实", "转发"}, Answer: 1, Tag: "安全知识"}
	for _, text := range []string{
		"收到陌生链接先做什么? | 点开 | 核实* | 转发 #安全知识",
		"收到陌生链接先做什么?｜点开｜＊核实｜转发＃安全知识",
		"收到陌生链接先做什么?\n点开\n核实 ✔\n转发\n#安全知识",
		"收到陌生链接先做什么?\r点开\r核实 ✔\r转发\r#安全知识",
	} {
		if q, err := bank.Line(text); err != nil || !reflect.DeepEqual(q, right) {
			t.Errorf("%q: %+v %v", text, q, err)
		}
	}
	for text, want := range map[string]string{
		"":                                "text",
		"| a | b*":                        "options", // the first part is the question
		"问题":                              "options",
		"问题 | 只有一个*":                      "options",
		"问题 | a | b":                      "answer",
		"问题 | a* | b*":                    "answer",
		"问题 | a* | A":                     "same_option",
		"问题 | a* | b | c | d | e | f | g": "many_options",
		"问题 | a* | " + strings.Repeat("长", 31): "long_option",
		strings.Repeat("长", 201) + " | a* | b": "long_text",
		"问题 | a* | b # 两 词":                    "tag",
	} {
		_, err := bank.Line(text)
		if m := (*bank.MistakeError)(nil); !errors.As(err, &m) || m.What != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestListsInEveryForm(t *testing.T) {
	t.Parallel()
	want := []bank.Question{
		{Text: "1+1?", Options: []string{"1", "2"}, Answer: 1, Tag: "算术"},
		{Text: "天空的颜色", Options: []string{"蓝", "红", "绿"}, Answer: 0},
	}
	for name, text := range map[string]string{
		"lines": "1+1? | 1 | 2* #算术\n\n天空的颜色 | 蓝* | 红 | 绿\n",
		"table": "\uFEFFquestion,tag,answer,a,b,c\r\n1+1?,算术,B,1,2,\r\n天空的颜色,,a,蓝,红,绿\r\n",
		"yaml":  "- question: 1+1?\n  options: [\"1\", 2*]\n  tag: 算术\n- question: 天空的颜色\n  options: [蓝*, 红, 绿]\n",
	} {
		if got, err := bank.List(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	for text, line := range map[string]int{
		"a | b* | c\nd | e":                      2,
		"question,tag,answer,a,b\nx,,C,1,2\n":    2,
		"question,tag,answer,a,b\nx,,A,1\n":      2,
		"- question: a\n  options: [b, c]\n":     1,
		"- question: a\n  options: [b*, c]\n- 5": 3,
	} {
		_, err := bank.List(text)
		if m := (*bank.MistakeError)(nil); !errors.As(err, &m) || m.Line != line {
			t.Errorf("%q: %v, want line %d", text, err, line)
		}
	}
}

func FuzzList(f *testing.F) {
	f.Add("1+1? | 1 | 2* #算术\n天空 | 蓝* | 红")
	f.Add("question,tag,answer,a,b\n'=1,x,B,1,2\n")
	f.Add("- question: a\n  options: [b*, c]\n")
	f.Add("- &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := bank.List(text)
		if m := (*bank.MistakeError)(nil); err != nil && !errors.As(err, &m) {
			t.Errorf("%q: %v", text, err)
		}
		for _, q := range all {
			if err := q.Check(); err != nil {
				t.Errorf("%q gave %+v: %v", text, q, err)
			}
		}
		if q, err := bank.Line(text); err == nil && q.Check() != nil {
			t.Errorf("%q gave %+v", text, q)
		}
	})
}
