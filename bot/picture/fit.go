package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png" // a format that comes in

	ximage "golang.org/x/image/draw"

	"qunmate/bot/chat"
)

// maxPixels bounds what is decoded: a small file can be a huge picture.
const maxPixels = 50_000_000

// Fit makes a picture fit into so many bytes: as a JPEG, smaller step by step.
func Fit(p chat.Picture, most int) (chat.Picture, error) {
	if len(p.Data) <= most {
		return p, nil
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(p.Data))
	if err != nil {
		return p, fmt.Errorf("picture: it cannot be read: %w", err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height {
		return p, fmt.Errorf("picture: %d by %d is too large", config.Width, config.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(p.Data))
	if err != nil {
		return p, fmt.Errorf("picture: it cannot be read: %w", err)
	}
	side := max(config.Width, config.Height)
	for edge := min(side, 2560); edge >= 320; edge = edge * 3 / 4 {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, scaled(img, edge, side), &jpeg.Options{Quality: 85}); err != nil {
			return p, fmt.Errorf("picture: %w", err)
		}
		if b.Len() <= most {
			return chat.Picture{MIME: "image/jpeg", Data: b.Bytes()}, nil
		}
	}
	return p, fmt.Errorf("picture: it does not fit into %d bytes", most)
}

// scaled is a picture on white paper, its longer side of edge pixels: a JPEG
// cannot be seen through.
func scaled(img image.Image, edge, side int) image.Image {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, max(1, b.Dx()*edge/side), max(1, b.Dy()*edge/side)))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	ximage.CatmullRom.Scale(out, out.Bounds(), img, b, draw.Over, nil)
	return out
}
