// Package picture draws what the bot shows: the figures of a poll, one bar for
// each line, and posters with a QR code. It is pure but for its font, which is read when something is drawn and forgotten after.
package picture

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"qunmate/bot/chat"
)

// font.otf.gz holds the letters of GB 2312, of Big5 level 1 and of Latin, see
// OFL.txt. A whole Chinese font is ten times as large.
//
//go:embed font.otf.gz
var packed []byte

// Measures in pixels: wide enough to be read on a phone without enlarging.
const (
	width     = 800
	margin    = 36
	hugeSize  = 128
	headSize  = 48
	titleSize = 32
	labelSize = 26
	noteSize  = 20
	barHeight = 22
	gap       = 18
	// maxBars bounds the height; a poll has ten options at most.
	maxBars = 20
	// maxLines bounds how often a text is wrapped; what is longer is cut.
	maxLines = 3
)

var (
	paper = color.RGBA{0xff, 0xff, 0xff, 0xff}
	ink   = color.RGBA{0x1f, 0x29, 0x37, 0xff}
	faint = color.RGBA{0x6b, 0x72, 0x80, 0xff}
	track = color.RGBA{0xee, 0xf1, 0xf5, 0xff}
	first = color.RGBA{0x1d, 0x6f, 0xd8, 0xff} // most votes
	other = color.RGBA{0x9c, 0xc2, 0xf0, 0xff}
)

// Bars draws a chart as a PNG.
func Bars(c chat.Chart) (chat.Picture, error) {
	if len(c.Bars) > maxBars {
		return chat.Picture{}, fmt.Errorf("picture: %d bars, %d are the most", len(c.Bars), maxBars)
	}
	p, err := newPen()
	if err != nil {
		return chat.Picture{}, err
	}
	defer p.close()
	height := p.chart(c, nil)
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	p.chart(c, img)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return chat.Picture{}, fmt.Errorf("picture: %w", err)
	}
	return chat.Picture{MIME: "image/png", Data: b.Bytes()}, nil
}

// pen writes in one font and five sizes.
type pen struct {
	font                           *opentype.Font
	huge, head, title, label, note font.Face
}

func newPen() (*pen, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("picture: font: %w", err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("picture: font: %w", err)
	}
	p := &pen{}
	if p.font, err = opentype.Parse(raw); err != nil {
		return nil, fmt.Errorf("picture: font: %w", err)
	}
	for _, f := range []struct {
		into *font.Face
		size float64
	}{{&p.huge, hugeSize}, {&p.head, headSize}, {&p.title, titleSize}, {&p.label, labelSize}, {&p.note, noteSize}} {
		if *f.into, err = opentype.NewFace(p.font, &opentype.FaceOptions{Size: f.size, DPI: 72}); err != nil {
			return nil, fmt.Errorf("picture: font: %w", err)
		}
	}
	return p, nil
}

func (p *pen) close() {
	for _, f := range []font.Face{p.huge, p.head, p.title, p.label, p.note} {
		_ = f.Close()
	}
}

// chart lays a chart out, draws it if there is an image, and says how high it
// is.
func (p *pen) chart(c chat.Chart, img draw.Image) int {
	y := p.write(img, c.Title, p.title, titleSize, ink, margin, margin, width-2*margin) + gap
	most := 0
	for _, b := range c.Bars {
		most = max(most, b.Value)
	}
	for _, b := range c.Bars {
		value := fmt.Sprintf("%d  %s", b.Value, b.Share)
		room := p.measure(value, p.label) + gap
		p.write(img, value, p.label, labelSize, faint, width-margin-room+gap, y, room)
		y = p.write(img, b.Label, p.label, labelSize, ink, margin, y, width-2*margin-room) + 4
		fill(img, image.Rect(margin, y, width-margin, y+barHeight), track)
		if most > 0 && b.Value > 0 {
			shade := other
			if b.Value == most {
				shade = first
			}
			fill(img, image.Rect(margin, y, margin+max(4, (width-2*margin)*b.Value/most), y+barHeight), shade)
		}
		y += barHeight + gap
	}
	if c.Note != "" {
		y = p.write(img, c.Note, p.note, noteSize, faint, margin, y, width-2*margin) + gap/2
	}
	return y + margin - gap
}

func fill(img draw.Image, r image.Rectangle, shade color.Color) {
	if img != nil {
		draw.Draw(img, r, image.NewUniform(shade), image.Point{}, draw.Src)
	}
}

// write sets a text into lines below y and returns where they end.
func (p *pen) write(img draw.Image, text string, face font.Face, size int, shade color.Color, x, y, room int) int {
	for _, line := range p.wrap(p.known(text), face, room) {
		y += size + size/4
		p.letters(img, line, face, shade, x, y-size/4)
	}
	return y
}

// center is write with every line in the middle of the picture.
func (p *pen) center(img draw.Image, text string, face font.Face, size int, shade color.Color, y int) int {
	for _, line := range p.wrap(p.known(text), face, width-2*posterMargin) {
		y += size + size/4
		p.letters(img, line, face, shade, (width-p.measure(line, face))/2, y-size/4)
	}
	return y
}

func (p *pen) letters(img draw.Image, line string, face font.Face, shade color.Color, x, y int) {
	if img != nil {
		d := font.Drawer{Dst: img, Src: image.NewUniform(shade), Face: face, Dot: fixed.P(x, y)}
		d.DrawString(line)
	}
}

// known drops what the font has no letter for, such as emoji: an empty box
// says less than nothing.
func (p *pen) known(text string) string {
	var out []rune
	for _, r := range text {
		if r == '\n' || r == '\t' {
			r = ' '
		}
		if i, err := p.font.GlyphIndex(nil, r); err == nil && i != 0 {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return "?"
	}
	return string(out)
}

func (p *pen) measure(text string, face font.Face) int { return font.MeasureString(face, text).Ceil() }

// wrap breaks a text into lines: at a blank in Latin text, anywhere in Chinese.
func (p *pen) wrap(text string, face font.Face, room int) []string {
	var lines []string
	rest := []rune(text)
	for len(rest) > 0 {
		n := p.fits(rest, face, room)
		switch {
		case n == len(rest):
		case len(lines) == maxLines-1:
			for n > 1 && p.measure(string(rest[:n])+"\u2026", face) > room {
				n--
			}
			return append(lines, string(rest[:n])+"\u2026")
		default:
			n = breakBefore(rest, n)
		}
		lines = append(lines, string(rest[:n]))
		for rest = rest[n:]; len(rest) > 0 && rest[0] == ' '; rest = rest[1:] {
			continue
		}
	}
	return lines
}

// fits counts the letters that fit into a line, one at least.
func (p *pen) fits(text []rune, face font.Face, room int) int {
	var used fixed.Int26_6
	for i, r := range text {
		a, _ := face.GlyphAdvance(r)
		if used += a; used.Ceil() > room && i > 0 {
			return i
		}
	}
	return len(text)
}

// breakBefore moves a break out of a Latin word, unless it is a long one.
func breakBefore(text []rune, n int) int {
	for i := n; i > n/2; i-- {
		if text[i] == ' ' || text[i] > 0x2e80 || text[i-1] > 0x2e80 {
			return i
		}
	}
	return n
}
