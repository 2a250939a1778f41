package picture_test

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/picture"
)

var keep = flag.String("keep", "", "a folder to put the pictures into, to look at them")

func chart(title string, bars ...chat.Bar) chat.Chart { return chat.Chart{Title: title, Bars: bars} }

func TestEveryChartIsAPictureOfItsSize(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("周六下午在老地方碰头然后一起去爬山", 6)
	for name, c := range map[string]chat.Chart{
		"usual": chart("#9 周六聚会几点？", chat.Bar{Label: "14:00", Value: 21, Share: "57%"}, chat.Bar{Label: "16:00", Value: 12, Share: "32%"}, chat.Bar{Label: "都不行", Value: 4, Share: "11%"}),
		"long": chart("#10 "+long, chat.Bar{Label: long, Value: 3, Share: "60%"}, chat.Bar{Label: "A rather long option in English that does not fit into one line of the picture", Value: 2, Share: "40%"},
			chat.Bar{Label: "繁體中文選項：臺灣、龜、鬱", Value: 0, Share: "0%"}),
		"ten":    chart("#11 去哪", chat.Bar{Label: "一", Value: 1, Share: "1%"}, chat.Bar{Label: "二", Value: 2, Share: "2%"}, chat.Bar{Label: "三", Value: 3, Share: "3%"}, chat.Bar{Label: "四", Value: 99999, Share: "94%"}, chat.Bar{Label: "五"}, chat.Bar{Label: "六"}, chat.Bar{Label: "七"}, chat.Bar{Label: "八"}, chat.Bar{Label: "九"}, chat.Bar{Label: "十"}),
		"emoji":  chart("🗳 #12 🎉🎉", chat.Bar{Label: "👍", Value: 1, Share: "50%"}, chat.Bar{Label: "👎 不\n好", Value: 1, Share: "50%"}),
		"nobody": chart("#13 ?", chat.Bar{Label: "a", Share: "0%"}),
		"blank":  {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := picture.Bars(c)
			if err != nil || p.MIME != "image/png" || !p.Ref.IsZero() {
				t.Fatalf("%v %v", p.MIME, err)
			}
			img, err := png.Decode(bytes.NewReader(p.Data))
			if err != nil {
				t.Fatal(err)
			}
			// Telegram takes photos of 10 MB and of 10000 pixels on both sides together.
			if b := img.Bounds(); b.Dx() != 800 || b.Dy() < 50 || b.Dy() > 1200 || len(p.Data) > 200<<10 {
				t.Errorf("%v, %d bytes", b, len(p.Data))
			}
			if *keep != "" {
				if err := os.WriteFile(*keep+"/"+name+".png", p.Data, 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if _, err := picture.Bars(chat.Chart{Bars: make([]chat.Bar, 21)}); err == nil {
		t.Error("a chart without end is drawn")
	}
}

func BenchmarkBars(b *testing.B) {
	c := chart("#9 周六聚会几点？", chat.Bar{Label: "14:00", Value: 21, Share: "57%"}, chat.Bar{Label: "都不行", Value: 4, Share: "11%"})
	for b.Loop() {
		if _, err := picture.Bars(c); err != nil {
			b.Fatal(err)
		}
	}
}
