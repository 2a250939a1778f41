package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"unicode/utf8"

	"github.com/boombuler/barcode/qr"

	"qunmate/bot/chat"
)

// Measures of a poster in pixels.
const (
	posterMargin = 60
	codeRoom     = 560 // the code with its quiet zone
	quiet        = 4   // modules around a code (ISO/IEC 18004)
	maxLink      = 1024
	maxCode      = 16 // letters of one that is printed
)

var band = color.RGBA{0x1d, 0x6f, 0xd8, 0xff}

// Poster draws a poster as a PNG: the community, who invites, the QR code of
// his link, or his code in large letters, and one line that says what to do.
func Poster(c chat.Poster) (chat.Picture, error) {
	var code image.Image
	var err error
	if c.Link != "" || c.Code == "" {
		if code, err = codeOf(c.Link); err != nil {
			return chat.Picture{}, err
		}
	} else if n := utf8.RuneCountInString(c.Code); n > maxCode {
		return chat.Picture{}, fmt.Errorf("picture: a code of %d letters, %d at most can be printed", n, maxCode)
	}
	p, err := newPen()
	if err != nil {
		return chat.Picture{}, err
	}
	defer p.close()
	height := p.poster(c, code, nil)
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	p.poster(c, code, img)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return chat.Picture{}, fmt.Errorf("picture: %w", err)
	}
	return chat.Picture{MIME: "image/png", Data: b.Bytes()}, nil
}

// codeOf makes the QR code of a link, one pixel for a module. Level M: a poster
// is forwarded, and made smaller, on its way.
func codeOf(link string) (image.Image, error) {
	if link == "" || len(link) > maxLink {
		return nil, fmt.Errorf("picture: a link of %d bytes, 1 to %d can be a code", len(link), maxLink)
	}
	code, err := qr.Encode(link, qr.M, qr.Unicode)
	if err != nil {
		return nil, fmt.Errorf("picture: code: %w", err)
	}
	return code, nil
}

// poster lays a poster out, draws it if there is an image, and says how high it
// is.
func (p *pen) poster(c chat.Poster, code image.Image, img draw.Image) int {
	fill(img, image.Rect(0, 0, width, 16), band)
	y := p.center(img, c.Title, p.head, headSize, ink, posterMargin)
	if c.By != "" {
		y = p.center(img, c.By, p.label, labelSize, faint, y+gap/2)
	}
	if code == nil {
		y = p.center(img, c.Code, p.huge, hugeSize, ink, y+2*gap) + 2*gap
	} else {
		modules := code.Bounds().Dx()
		size := codeRoom / (modules + 2*quiet) // pixels of a module
		side := size * modules
		y += gap + size*quiet/2
		stamp(img, code, image.Pt((width-side)/2, y), size)
		y += side + gap + size*quiet/2
	}
	y = p.center(img, c.How, p.title, titleSize, ink, y)
	if c.Note != "" {
		y = p.center(img, c.Note, p.note, noteSize, faint, y+gap/2)
	}
	return y + posterMargin
}

// stamp draws the dark modules of a code.
func stamp(img draw.Image, code image.Image, at image.Point, size int) {
	b := code.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			if r, _, _, _ := code.At(b.Min.X+x, b.Min.Y+y).RGBA(); r == 0 {
				corner := at.Add(image.Pt(x*size, y*size))
				fill(img, image.Rectangle{corner, corner.Add(image.Pt(size, size))}, color.Black)
			}
		}
	}
}
