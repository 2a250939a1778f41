package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"
)

// MaxPicture is the most bytes of a picture: what the platforms themselves take
// (Telegram's sendPhoto, WeCom's media/upload).
const MaxPicture = 10 << 20

// States of a picture.
const (
	PictureWanted = "wanted" // its bytes are to be fetched
	PictureKept   = "kept"
	PictureLost   = "lost" // they cannot be had any more
)

const (
	// keepPictures is how long a picture is kept after its last use.
	keepPictures = 30 * 24 * time.Hour
	// keepUploads bounds what is known about platforms that keep pictures for
	// ever: it costs one upload more.
	keepUploads = 90 * 24 * time.Hour
)

// Picture is one that somebody attached to what the bot is to say.
type Picture struct {
	ID         int64
	Connection string // where it came from, and can be fetched
	Domain     string
	Handle     string // what its platform calls it
	State      string
	SHA256     string // of its bytes, once they are kept
	Tries      int
	Error      string
	CreatedAt  time.Time // UTC
	UsedAt     time.Time // UTC
}

const pictureColumns = "id, connection, domain, handle, state, sha256, tries, error, created_at, used_at"

func scanPicture(rows *sql.Rows, p *Picture) error {
	var created, used int64
	err := rows.Scan(&p.ID, &p.Connection, &p.Domain, &p.Handle, &p.State, &p.SHA256, &p.Tries, &p.Error, &created, &used)
	p.CreatedAt, p.UsedAt = FromMillis(created), FromMillis(used)
	return err
}

// WantPicture notes that a picture is needed. One that is known already is the
// same row; if it was lost it is tried for again.
func (tx *Tx) WantPicture(ctx context.Context, connection, domain, handle string) (Picture, error) {
	tx.Touched |= TouchedPictures
	_, err := tx.q.exec(ctx, `INSERT INTO pictures (connection, domain, handle, state, created_at, used_at) VALUES (?1, ?2, ?3, 'wanted', ?4, ?4)
		ON CONFLICT (connection, handle) DO UPDATE SET used_at = excluded.used_at, tries = 0, error = '',
			state = CASE state WHEN 'lost' THEN 'wanted' ELSE state END`, connection, domain, handle, millis(tx.Now))
	if err != nil {
		return Picture{}, classify(err)
	}
	return onePicture(list(ctx, &tx.Reader, scanPicture, "SELECT "+pictureColumns+" FROM pictures WHERE connection = ? AND handle = ?", connection, handle))
}

func onePicture(all []Picture, err error) (Picture, error) {
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Picture{}, err
	}
	return all[0], nil
}

// Picture reads one, or ErrNotFound.
func (r *Reader) Picture(ctx context.Context, id int64) (Picture, error) {
	return onePicture(list(ctx, r, scanPicture, "SELECT "+pictureColumns+" FROM pictures WHERE id = ?", id))
}

// WantedPictures lists those whose bytes are to be fetched, oldest first.
func (r *Reader) WantedPictures(ctx context.Context, limit int) ([]Picture, error) {
	return list(ctx, r, scanPicture, "SELECT "+pictureColumns+" FROM pictures INDEXED BY pictures_wanted WHERE state = 'wanted' ORDER BY id LIMIT ?", limit)
}

// PictureBytes reads the bytes of a picture, or ErrNotFound.
func (r *Reader) PictureBytes(ctx context.Context, sum string) (mime string, data []byte, err error) {
	err = classify(r.q.row(ctx, "SELECT mime, data FROM picture_bytes WHERE sha256 = ?", sum).Scan(&mime, &data))
	return mime, data, err
}

// PictureSum is the name under which the bytes of a picture are kept.
func PictureSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// KeepPicture stores the bytes of a picture that was fetched.
func (tx *Tx) KeepPicture(ctx context.Context, id int64, mime string, data []byte) error {
	sum := PictureSum(data)
	if _, err := tx.q.exec(ctx, "INSERT INTO picture_bytes (sha256, mime, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", sum, mime, data); err != nil {
		return classify(err)
	}
	_, err := tx.q.exec(ctx, "UPDATE pictures SET state = 'kept', sha256 = ?, error = '' WHERE id = ? AND state <> 'kept'", sum, id)
	return classify(err)
}

// MissPicture notes an attempt that failed; lost means that there is no other.
func (tx *Tx) MissPicture(ctx context.Context, id int64, why string, lost bool) error {
	state := PictureWanted
	if lost {
		state = PictureLost
	}
	_, err := tx.q.exec(ctx, "UPDATE pictures SET state = ?, tries = tries + 1, error = ? WHERE id = ? AND state = 'wanted'", state, why, id)
	return classify(err)
}

// UsePicture notes that a picture was sent, so that it is kept on.
func (tx *Tx) UsePicture(ctx context.Context, id int64) error {
	_, err := tx.q.exec(ctx, "UPDATE pictures SET used_at = ? WHERE id = ?", millis(tx.Now), id)
	return classify(err)
}

// PictureUpload finds what a connection's platform calls a picture, if that is
// good after an instant; "" if not.
func (r *Reader) PictureUpload(ctx context.Context, connection, sum string, after time.Time) (string, error) {
	var handle string
	err := classify(r.q.row(ctx, "SELECT handle FROM picture_uploads WHERE connection = ? AND sha256 = ? AND (expires_at = 0 OR expires_at > ?)",
		connection, sum, millis(after)).Scan(&handle))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return handle, err
}

// KeepUpload notes what a connection's platform calls a picture, until an
// instant; zero is for ever. No handle forgets it.
func (tx *Tx) KeepUpload(ctx context.Context, connection, sum, handle string, until time.Time) error {
	if handle == "" {
		_, err := tx.q.exec(ctx, "DELETE FROM picture_uploads WHERE connection = ? AND sha256 = ?", connection, sum)
		return classify(err)
	}
	_, err := tx.q.exec(ctx, `INSERT INTO picture_uploads (connection, sha256, handle, made_at, expires_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET handle = excluded.handle, made_at = excluded.made_at, expires_at = excluded.expires_at`,
		connection, sum, handle, millis(tx.Now), millis(until))
	return classify(err)
}

// prunePictures forgets pictures that nobody has used for a month, unless an
// answer has one or an announcement is still to go out with it.
func (tx *Tx) prunePictures(ctx context.Context) error {
	old := millis(tx.Now.Add(-keepPictures))
	for _, s := range []struct {
		sql string
		arg int64
	}{
		{`DELETE FROM pictures WHERE used_at < ?1
			AND id NOT IN (SELECT coalesce(json_extract(picture, '$.id'), 0) FROM faqs WHERE picture <> '' AND (deleted_at = 0 OR deleted_at >= ?1))
			AND id NOT IN (SELECT coalesce(json_extract(content, '$.picture.id'), 0) FROM announcements WHERE state IN ('planned', 'missed') OR sent_at >= ?1)`, old},
		{"DELETE FROM picture_bytes WHERE sha256 NOT IN (SELECT sha256 FROM pictures WHERE sha256 <> '' AND ?1 > 0)", old},
		{"DELETE FROM picture_uploads WHERE expires_at > 0 AND expires_at <= ?", millis(tx.Now)},
		{"DELETE FROM picture_uploads WHERE made_at < ?", millis(tx.Now.Add(-keepUploads))},
	} {
		if _, err := tx.q.exec(ctx, s.sql, s.arg); err != nil {
			return classify(err)
		}
	}
	return nil
}

// Uploads remembers for one connection what its platform calls the pictures
// that were handed to it.
type Uploads struct {
	DB         *DB
	Connection string
}

// Get finds the handle of a picture that is good after an instant, "" if there
// is none.
func (u Uploads) Get(ctx context.Context, sum string, after time.Time) (handle string, err error) {
	err = u.DB.View(ctx, func(ctx context.Context, r *Reader) error {
		handle, err = r.PictureUpload(ctx, u.Connection, sum, after)
		return err
	})
	return handle, err
}

// Put keeps a handle until an instant, zero is for ever; no handle forgets it.
func (u Uploads) Put(ctx context.Context, sum, handle string, until time.Time) error {
	return u.DB.Write(ctx, func(ctx context.Context, tx *Tx) error { return tx.KeepUpload(ctx, u.Connection, sum, handle, until) })
}
