package draw

import (
	"context"
	"strconv"

	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// CheckReceipt is what a line of Verify is about: draw, finding.
const CheckReceipt = "draw_receipt"

const verifyPage = 100

// Verify computes every draw that has a result again and says what does not
// come out as it is stored. What is weak about a draw is no damage.
func Verify(ctx context.Context, r *storage.Reader, emit func(storage.Check)) error {
	checked, failed := 0, 0
	for last := int64(0); ; {
		page, err := r.DrawnAfter(ctx, last, verifyPage)
		if err != nil {
			return err
		}
		for _, d := range page {
			receipt, err := Receipt(ctx, r, d)
			if err != nil {
				return err
			}
			checked++
			for _, f := range fair.Check(receipt).Findings {
				if !f.OK {
					failed++
					emit(storage.Check{What: CheckReceipt, Args: map[string]string{"draw": strconv.FormatInt(d.ID, 10), "finding": f.Code}})
				}
			}
			last = d.ID
		}
		if len(page) < verifyPage {
			break
		}
	}
	emit(storage.Check{What: CheckReceipt, OK: failed == 0, Args: map[string]string{"checked": strconv.Itoa(checked), "failed": strconv.Itoa(failed)}})
	return nil
}
