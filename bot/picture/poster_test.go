package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"

	"qunmate/bot/chat"
	"qunmate/bot/picture"
)

// read finds and reads the code on a poster, as a phone does.
func read(t *testing.T, img image.Image) string {
	t.Helper()
	bmp, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	got, err := qrcode.NewQRCodeReader().Decode(bmp, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Fatalf("the code cannot be read: %v", err)
	}
	return got.GetText()
}

// Where there is no link the code stands there in letters to type: a good part of
// the width, alone.
func TestAPosterCanShowACodeToType(t *testing.T) {
	t.Parallel()
	p, err := picture.Poster(chat.Poster{Title: "南城读书会", By: "阿宁 邀请你加入", Code: "K7Q2", How: "入群后发：@小助手 邀请码 K7Q2"})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(p.Data))
	if err != nil {
		t.Fatal(err)
	}
	dark := 0 // the rows of pixels with ink far apart
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		first, last := -1, 0
		for x := range 800 {
			if r, g, b, _ := img.At(x, y).RGBA(); r < 0x4000 && g < 0x4000 && b < 0x4000 {
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if first >= 0 && last-first > 200 {
			dark++
		}
	}
	if dark < 60 {
		t.Errorf("%d rows are as wide as a large code, want 60", dark)
	}
	for _, c := range []chat.Poster{{Title: "A"}, {Title: "A", Code: strings.Repeat("X", 17)}} {
		if _, err := picture.Poster(c); err == nil {
			t.Errorf("%+v was drawn", c)
		}
	}
}

func TestTheCodeOnAPosterIsItsLink(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("周末读书会与远足同好", 8)
	for name, c := range map[string]chat.Poster{
		"zh":    {Title: "南城读书会", By: "阿宁 邀请你加入", Link: "https://t.me/+AbCdEfGhIjKlMnOp", How: "扫码加入，一起来读书", Note: "群伴 · 每人一个专属链接"},
		"en":    {Title: "South Town Readers", By: "Anna invites you", Link: "https://t.me/+AbCdEfGhIjKlMnOp", How: "Scan the code to join", Note: "A personal invite link"},
		"long":  {Title: long, By: long, Link: "https://work.weixin.qq.com/gm/" + strings.Repeat("a1b2", 30) + "?state=中文", How: long, Note: long},
		"emoji": {Title: "🎉🎉", By: "👍 invites", Link: "https://t.me/c/1", How: "🙂"},
		"short": {Title: "A", Link: "qunmate:1", How: "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := picture.Poster(c)
			if err != nil || p.MIME != "image/png" {
				t.Fatalf("%v %v", p.MIME, err)
			}
			img, err := png.Decode(bytes.NewReader(p.Data))
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, img); got != c.Link {
				t.Errorf("the code says %q, want %q", got, c.Link)
			}
			if b := img.Bounds(); b.Dx() != 800 || b.Dy() < 700 || b.Dy() > 1600 || len(p.Data) > 300<<10 {
				t.Errorf("%v, %d bytes", b, len(p.Data))
			}
			if name == "long" || name == "zh" {
				readSmaller(t, img, c.Link)
			}
			if *keep != "" {
				if err := os.WriteFile(*keep+"/poster-"+name+".png", p.Data, 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, link := range []string{"", strings.Repeat("x", 1025)} {
		if _, err := picture.Poster(chat.Poster{Title: "a", Link: link, How: "b"}); err == nil {
			t.Errorf("a link of %d bytes is drawn", len(link))
		}
	}
}

// readSmaller reads a poster after a messenger has made it a smaller JPEG.
func readSmaller(t *testing.T, img image.Image, link string) {
	t.Helper()
	small := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx()*2/3, img.Bounds().Dy()*2/3))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, img); got != link {
		t.Errorf("as a smaller JPEG the code says %q", got)
	}
}

// noise is a picture that compresses badly.
func noise(t *testing.T, w, h int) chat.Picture {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			n := random.Uint32()
			img.Set(x, y, color.RGBA{byte(n), byte(n >> 8), byte(n >> 16), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return chat.Picture{MIME: "image/png", Data: b.Bytes()}
}

func TestAPictureIsMadeToFit(t *testing.T) {
	t.Parallel()
	p := noise(t, 720, 400)
	for _, most := range []int{len(p.Data), len(p.Data) - 1, 100 << 10} {
		got, err := picture.Fit(p, most)
		if err != nil || len(got.Data) > most {
			t.Fatalf("%d bytes into %d: %v", len(got.Data), most, err)
		}
		img, kind, err := image.Decode(bytes.NewReader(got.Data))
		if err != nil || got.MIME != "image/"+kind {
			t.Fatalf("%s is %s: %v", got.MIME, kind, err)
		}
		if b := img.Bounds(); b.Dx()*400-b.Dy()*720 > 720 || b.Dy()*720-b.Dx()*400 > 720 {
			t.Errorf("another shape: %v", b)
		}
	}
	if _, err := picture.Fit(p, 1000); err == nil {
		t.Error("into a thousand bytes")
	}
	for _, data := range []string{"nothing", "\x89PNG\r\n\x1a\n", hugePNG} {
		if _, err := picture.Fit(chat.Picture{Data: []byte(data)}, 3); err == nil {
			t.Errorf("%q fits", data)
		}
	}
}

// hugePNG is the head of a picture of 2^31-1 by 2^31-1 pixels.
const hugePNG = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00\x6c\xd5\xb9\x5d"

// FuzzFit: what people send is any bytes.
func FuzzFit(f *testing.F) {
	for _, s := range []string{"", "x", hugePNG, "\xff\xd8\xff\xe0", "\x89PNG\r\n\x1a\n"} {
		f.Add([]byte(s), 10)
	}
	f.Fuzz(func(t *testing.T, data []byte, most int) {
		got, err := picture.Fit(chat.Picture{Data: data}, most)
		if err == nil && len(got.Data) > most {
			t.Errorf("%d bytes into %d", len(got.Data), most)
		}
	})
}
