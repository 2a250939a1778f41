package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

const (
	// fetchers bounds the pictures that are fetched at one time.
	fetchers = 4
	// fetchTimeout bounds one attempt to fetch a picture.
	fetchTimeout = 20 * time.Second
	// fetchFor is how long a picture is tried for: the addresses of some platforms
	// live for five minutes.
	fetchFor = 5 * time.Minute
	// pictureTimeout bounds a letter with a picture: fetching and handing over.
	pictureTimeout = 90 * time.Second
	// pictureWait is how long a letter waits for the bytes of its picture; then the
	// text goes without it.
	pictureWait = 25 * time.Second
)

// PictureLost begins the error of a letter that was sent without its picture.
const PictureLost = "picture: "

// gallery fetches the pictures that are wanted, each once at a time.
type gallery struct {
	bell   wake
	slots  chan struct{}
	mu     sync.Mutex
	flying map[int64]chan struct{} // closed when the attempt is over
}

func newGallery() gallery {
	return gallery{bell: newWake(), slots: make(chan struct{}, fetchers), flying: map[int64]chan struct{}{}}
}

// KeepPicture has a picture that came with an event fetched after the commit,
// so that it can be sent on every platform, and gives what is to be stored of
// it. What has no picture keeps none.
func (req *Request) KeepPicture(ctx context.Context, p *chat.Picture) (*chat.Picture, error) {
	if p == nil || p.Ref.IsZero() {
		return nil, nil //nolint:nilnil // no picture
	}
	kept := &chat.Picture{MIME: p.MIME}
	if !p.Fleeting {
		kept.Ref = p.Ref
	}
	if _, can := req.engine.platforms[req.via].(chat.Fetcher); !can {
		return kept, nil
	}
	row, err := req.Tx.WantPicture(ctx, req.via, p.Ref.Domain, p.Ref.ID)
	kept.ID = row.ID
	return kept, err
}

// PictureState tells how a picture that is kept stands: one of
// storage.PictureWanted, PictureKept and PictureLost.
func (req *Request) PictureState(ctx context.Context, p *chat.Picture) (string, error) {
	if p == nil || p.ID == 0 {
		return storage.PictureKept, nil
	}
	row, err := req.Tx.Picture(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return storage.PictureLost, nil
	}
	return row.State, err
}

// fetchPictures fetches what is wanted until ctx ends.
func (e *Engine) fetchPictures(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		var wanted []storage.Picture
		err := e.DB.View(ctx, func(ctx context.Context, r *storage.Reader) (err error) {
			wanted, err = r.WantedPictures(ctx, 100)
			return err
		})
		if err != nil && ctx.Err() == nil {
			e.Log.Error("pictures", "err", err)
		}
		next := time.Hour
		for _, p := range wanted {
			wait := p.UsedAt.Add(fetchPause(p.Tries)).Sub(e.Clock.Now())
			if wait > 0 && p.Tries > 0 {
				next = min(next, wait)
				continue
			}
			next = min(next, fetchPause(p.Tries+1))
			all.Go(func() { e.fetchPicture(ctx, p.ID) })
		}
		alarm := time.NewTimer(next)
		select {
		case <-ctx.Done():
			alarm.Stop()
			return
		case <-e.gallery.bell:
		case <-alarm.C:
		}
		alarm.Stop()
	}
}

// fetchPause is how long after it was wanted the next attempt comes: 0, 2 s,
// 8 s, 32 s, 2 min.
func fetchPause(tries int) time.Duration {
	if tries == 0 {
		return 0
	}
	return min(2*time.Second<<(2*min(tries-1, 3)), 2*time.Minute)
}

// fetchPicture makes one attempt to fetch a picture, or waits for the one that
// is under way.
func (e *Engine) fetchPicture(ctx context.Context, id int64) {
	e.gallery.mu.Lock()
	if done := e.gallery.flying[id]; done != nil {
		e.gallery.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
		}
		return
	}
	done := make(chan struct{})
	e.gallery.flying[id] = done
	e.gallery.mu.Unlock()
	defer func() {
		e.gallery.mu.Lock()
		delete(e.gallery.flying, id)
		e.gallery.mu.Unlock()
		close(done)
	}()
	select {
	case e.gallery.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-e.gallery.slots }()
	if err := e.fetch(ctx, id); err != nil && ctx.Err() == nil && !errors.Is(err, ErrStopped) {
		e.Log.Error("picture", "picture", id, "err", err)
	}
}

// fetch gets the bytes of a picture and stores them, or why there are none.
func (e *Engine) fetch(ctx context.Context, id int64) error {
	p, err := e.pictureRow(ctx, id)
	if err != nil || p.State != storage.PictureWanted {
		return err
	}
	data, mime, fault := e.download(ctx, p)
	if fault != nil && ctx.Err() != nil {
		return ctx.Err() // stopped: it is wanted again at the next start
	}
	return e.do(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if fault == nil {
			return tx.KeepPicture(ctx, id, mime, data)
		}
		since := p.UsedAt
		if since.Before(e.started) {
			since = e.started
		}
		lost := fault.Fault == chat.Rejected || fault.Fault == chat.Gone || tx.Now.Sub(since) >= fetchFor
		e.Log.Warn("a picture could not be fetched", "connection", p.Connection, "picture", id, "attempt", p.Tries+1, "lost", lost, "err", fault)
		return tx.MissPicture(ctx, id, fault.Error(), lost)
	})
}

func (e *Engine) pictureRow(ctx context.Context, id int64) (p storage.Picture, err error) {
	err = e.DB.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		p, err = r.Picture(ctx, id)
		return err
	})
	return p, err
}

// download asks the platform for the bytes and looks whether they are a
// picture that every platform takes.
func (e *Engine) download(ctx context.Context, p storage.Picture) (data []byte, mime string, fault *chat.SendError) {
	from, ok := e.platforms[p.Connection].(chat.Fetcher)
	if !ok {
		return nil, "", &chat.SendError{Fault: chat.Rejected, Err: errors.New("its connection is not configured any more")}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	data, err := from.Fetch(ctx, chat.Ref{Domain: p.Domain, ID: p.Handle}, storage.MaxPicture)
	if err != nil {
		return nil, "", chat.AsSendError(err)
	}
	mime = http.DetectContentType(data)
	switch {
	case len(data) > storage.MaxPicture:
		return nil, "", &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("it has %d bytes, %d are the most", len(data), storage.MaxPicture)}
	case mime != "image/png" && mime != "image/jpeg":
		return nil, "", &chat.SendError{Fault: chat.Rejected, Err: errors.New("it is neither PNG nor JPEG")}
	}
	return data, mime, nil
}

// depict puts the bytes of its picture into a letter that is about to leave, in
// a form that its chat takes. Where that cannot be the letter loses its picture
// and why says so: the text never waits for long, and is never lost with it.
func (d *delivery) depict(ctx context.Context, l *chat.Letter) (why string) {
	p := l.Content.Picture
	if p == nil {
		return ""
	}
	caps := d.platform.Caps(l.Chat)
	if !caps.Pictures {
		l.Content.Picture = nil
		return "none can be shown here"
	}
	if p.ID != 0 {
		if why = d.recall(ctx, p); why != "" {
			l.Content.Picture = nil
			return why
		}
	}
	if !p.On(d.platform.Domain()) {
		l.Content.Picture = nil
		return "another platform has it, and it could not be fetched from there"
	}
	if caps.MaxPicture == 0 || len(p.Data) <= caps.MaxPicture {
		return ""
	}
	if d.engine.Shrink == nil {
		l.Content.Picture = nil
		return fmt.Sprintf("it has %d bytes, %d are the most here", len(p.Data), caps.MaxPicture)
	}
	small, err := d.engine.Shrink(*p, caps.MaxPicture)
	if err != nil {
		l.Content.Picture = nil
		return err.Error()
	}
	l.Content.Picture = &small
	return ""
}

// recall reads the bytes of a kept picture, unless its own connection is to
// send it; what is still wanted is waited for, for a while.
func (d *delivery) recall(ctx context.Context, p *chat.Picture) (why string) {
	ctx, cancel := context.WithTimeout(ctx, pictureWait)
	defer cancel()
	var row storage.Picture
	for pause := time.Duration(0); ; pause = max(time.Second, 2*pause) {
		var err error
		if row, err = d.engine.pictureRow(ctx, p.ID); err != nil {
			return "it is not kept any more"
		}
		if d.engine.Clock.Now().Sub(row.UsedAt) > 24*time.Hour {
			// Missing this once costs nothing: a picture is kept for a month.
			_ = d.engine.do(ctx, func(ctx context.Context, tx *storage.Tx) error { return tx.UsePicture(ctx, p.ID) })
		}
		if row.Connection == d.route && p.Native(d.platform.Domain()) {
			return ""
		}
		if p.Ref = (chat.Ref{}); row.State != storage.PictureWanted {
			break
		}
		if pause > 0 && !sleep(ctx, pause) {
			return "it could not be fetched in time: " + row.Error
		}
		d.engine.fetchPicture(ctx, p.ID)
	}
	if row.State == storage.PictureLost {
		return "it could not be fetched: " + row.Error
	}
	err := d.engine.DB.View(ctx, func(ctx context.Context, r *storage.Reader) (err error) {
		p.MIME, p.Data, err = r.PictureBytes(ctx, row.SHA256)
		return err
	})
	if err != nil {
		return "its bytes could not be read"
	}
	return ""
}

// sleep waits, and is false when ctx ends.
func sleep(ctx context.Context, wait time.Duration) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
