package reports

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
)

// The picture of the trend, in pixels; it is shown at half of that, for screens with two pixels to a point. It holds no text: what it says stands in its alternative text and in the table below it.
const (
	trendWidth  = 1200
	trendHeight = 300
	trendMost   = 90 // width of a bar
	trendGap    = 3  // between the parts of a bar
)

// The colours of the picture, on nothing: each has a contrast of 3 to 1 or more on white and on the dark of a darkened mail. They differ in pattern too, for who does not see colours.
var trendPalette = color.Palette{
	color.Transparent,
	color.NRGBA{0xd1, 0x3b, 0x30, 0xff}, // red, whole
	color.NRGBA{0xb0, 0x74, 0x1a, 0xff}, // amber, striped
	color.NRGBA{0x7b, 0x87, 0x94, 0xff}, // could not check, dotted
	color.NRGBA{0x2a, 0x93, 0x54, 0xff}, // green, whole
	color.NRGBA{0x7b, 0x87, 0x94, 0xff}, // the line at the bottom
}

// trendPicture draws the number of clauses by colour, a bar a week.
func trendPicture(points []WeeklyPoint) ([]byte, error) {
	img := image.NewPaletted(image.Rect(0, 0, trendWidth, trendHeight), trendPalette)
	most := 1
	for _, p := range points {
		n := 0
		for _, k := range p.Counts {
			n += k
		}
		most = max(most, n)
	}
	const floor = trendHeight - 6
	for x := range trendWidth {
		for y := floor + 2; y < floor+5; y++ {
			img.SetColorIndex(x, y, 5)
		}
	}
	slot := float64(trendWidth) / float64(max(1, len(points)))
	wide := min(int(slot*0.74), trendMost)
	for i, p := range points {
		// The first bar begins at the left edge and the last ends at the right one, as the dates below them do.
		left := 0
		if len(points) > 1 {
			left = i * (trendWidth - wide) / (len(points) - 1)
		}
		bottom, sum := floor, 0
		for k, c := range weeklyColours {
			n := p.Counts[c.Name]
			if n <= 0 {
				continue
			}
			sum += n
			top := floor - sum*(floor-4)/most
			drawPart(img, image.Rect(left, top, left+wide, bottom), k)
			bottom = top - trendGap
		}
	}
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img)
	return b.Bytes(), err
}

// drawPart draws one part of a bar, in the pattern of its colour.
func drawPart(img *image.Paletted, r image.Rectangle, k int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			edge := x < r.Min.X+4 || x >= r.Max.X-4 || y < r.Min.Y+4 || y >= r.Max.Y-4
			filled := true
			switch weeklyColours[k].Name {
			case Amber:
				filled = (x+y)%14 < 9
			case Unknown:
				filled = x%10 < 5 && y%10 < 5
			}
			if edge || filled {
				img.SetColorIndex(x, y, uint8(k+1))
			}
		}
	}
}
