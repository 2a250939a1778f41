package storage

import (
	"context"
	"database/sql"
)

// pictures holds the bytes of every picture against the sum that names them,
// and looks for pictures that are said to be kept and are not.
func (v *verifier) pictures(ctx context.Context) error {
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var sum string
		var data sql.RawBytes
		if err := rows.Scan(&sum, &data); err != nil {
			return err
		}
		v.checked(CheckPicture, 1)
		if PictureSum(data) != sum {
			v.fail(CheckPicture, "picture", sum, "problem", "the bytes differ from their sum")
		}
		return nil
	}, "SELECT sha256, data FROM picture_bytes ORDER BY sha256")
	if err != nil {
		return err
	}
	err = v.r.each(ctx, func(rows *sql.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		v.fail(CheckPicture, "picture", id, "problem", "said to be kept, and is not there")
		return nil
	}, "SELECT id FROM pictures WHERE state = 'kept' AND sha256 NOT IN (SELECT sha256 FROM picture_bytes) ORDER BY id")
	if err != nil {
		return err
	}
	v.done(CheckPicture)
	return nil
}
