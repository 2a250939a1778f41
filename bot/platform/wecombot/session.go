package wecombot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	// readLimit bounds a frame of the server's; real ones are some kilobytes.
	readLimit = 16 << 20
	// maxMissed pings without an acknowledgement make a connection dead, as in
	// the official SDK.
	maxMissed = 2
)

// session is one long connection, from the handshake to the end. One goroutine
// reads; it never waits for an acknowledgement, since it is the one that
// brings them.
type session struct {
	conn *websocket.Conn
	log  *slog.Logger
	hand time.Duration // for handing over a frame
	take func(frame)   // callbacks of the server; called by the reader

	life context.Context //nolint:containedctx // ends with the connection
	end  context.CancelCauseFunc
	read chan struct{} // closed when the reader has ended

	pings atomic.Int32 // without an acknowledgement

	// ready is called by the reader when the frame subReq is taken: from then
	// on messages come, and their answers must find the connection.
	subReq string
	ready  func()

	mu      sync.Mutex
	lines   map[string]*line
	unsure  map[string]struct{} // req_ids with a missing acknowledgement
	flying  int                 // frames waiting for an acknowledgement
	leaving bool
	quiet   chan struct{} // closed when leaving and nothing is flying
}

// line is the queue of one req_id: one frame is in flight, because nothing
// else tells whose acknowledgement comes.
type line struct {
	turn   chan struct{}
	users  int
	flying bool
	ack    chan frame
}

func newSession(ctx context.Context, conn *websocket.Conn, o Options, log *slog.Logger) *session {
	s := &session{
		conn: conn, log: log, hand: o.Times.Write, read: make(chan struct{}), subReq: newReqID(cmdSubscribe),
		lines: map[string]*line{}, unsure: map[string]struct{}{}, quiet: make(chan struct{}),
	}
	s.life, s.end = context.WithCancelCause(context.WithoutCancel(ctx))
	conn.SetReadLimit(readLimit)
	return s
}

// listen reads until the connection ends.
func (s *session) listen() {
	defer close(s.read)
	for {
		kind, data, err := s.conn.Read(s.life)
		if err != nil {
			s.end(err)
			return
		}
		if kind != websocket.MessageText {
			continue
		}
		f, err := parseFrame(data)
		switch {
		case err != nil:
			s.log.Warn("wecombot: a frame could not be read", "req_id", f.Headers.ReqID, "bytes", len(data))
		case f.Cmd == "":
			s.acknowledged(f)
		default:
			s.take(f)
		}
	}
}

// close ends the connection and waits until nothing of it is left: a new one
// must not be dialled while the old one lives.
func (s *session) close(cause error) {
	s.end(cause)
	_ = s.conn.CloseNow() // closing twice is no news
	<-s.read
}

// cause says why the connection ended, nil while it lives.
func (s *session) cause() error { return context.Cause(s.life) }

// drain lets frames under way be acknowledged and takes no new ones.
func (s *session) drain(wait time.Duration) {
	s.mu.Lock()
	if !s.leaving {
		s.leaving = true
		if s.flying == 0 {
			close(s.quiet)
		}
	}
	s.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.quiet:
	case <-timer.C:
	case <-s.life.Done():
	}
}

// call sends a frame and waits for its acknowledgement: ack is how long at
// most. Its errors are *ackError (refused), *unsentError (did not happen) and
// *lostError (may have happened).
func (s *session) call(ctx context.Context, cmd, req string, body any, ack time.Duration) (frame, error) {
	data, err := encodeFrame(cmd, req, body)
	if err != nil {
		return frame{}, rejected("%w", err)
	}
	l, err := s.enter(ctx, req)
	if err != nil {
		return frame{}, &unsentError{err}
	}
	defer s.leave(req, l)
	if err := s.write(data, ack); err != nil { //nolint:contextcheck // see write
		return frame{}, &unsentError{err}
	}
	timer := time.NewTimer(ack)
	defer timer.Stop()
	select {
	case f := <-l.ack:
		return checked(cmd, f)
	case <-timer.C:
		err = errNoAck
	case <-ctx.Done():
		err = ctx.Err()
	case <-s.life.Done():
		err = s.cause()
	}
	select {
	case f := <-l.ack: // it came in the same moment
		return checked(cmd, f)
	default:
	}
	s.mu.Lock()
	s.unsure[req] = struct{}{}
	s.mu.Unlock()
	return frame{}, &lostError{err}
}

func checked(cmd string, f frame) (frame, error) {
	if f.Code != 0 {
		return f, &ackError{Cmd: cmd, Code: int64(f.Code), Msg: string(f.Msg)}
	}
	return f, nil
}

// write hands a frame over. It does not end with the caller's context: a write
// that is cut short ends the whole connection.
func (s *session) write(data []byte, slack time.Duration) error {
	ctx, cancel := context.WithTimeout(s.life, max(s.hand, slack))
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, data)
}

// enter waits for the turn of a req_id.
func (s *session) enter(ctx context.Context, req string) (*line, error) {
	s.mu.Lock()
	l := s.lines[req]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		s.lines[req] = l
	}
	l.users++
	s.mu.Unlock()
	var err error
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		err = ctx.Err()
	case <-s.life.Done():
		err = errNotConnected
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, unsure := s.unsure[req]
	switch {
	case err != nil:
		s.dropLocked(req, l)
		return nil, err
	case s.leaving:
		err = errStopping
	case unsure:
		err = errUnsure
	}
	if err != nil {
		<-l.turn
		s.dropLocked(req, l)
		return nil, err
	}
	l.flying, l.ack = true, make(chan frame, 1)
	s.flying++
	return l, nil
}

func (s *session) leave(req string, l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.flying = false
	<-l.turn
	s.dropLocked(req, l)
	s.flying--
	if s.leaving && s.flying == 0 {
		close(s.quiet)
	}
}

func (s *session) dropLocked(req string, l *line) {
	if l.users--; l.users == 0 {
		delete(s.lines, req)
	}
}

// acknowledged hands an acknowledgement to whoever waits for it.
func (s *session) acknowledged(f frame) {
	req := string(f.Headers.ReqID)
	if isPing(req) {
		s.pings.Store(0)
		return
	}
	if req == s.subReq && f.Code == 0 {
		s.ready()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lines[req]
	if l == nil || !l.flying {
		s.log.Debug("wecombot: an acknowledgement nobody waits for", "req_id", req, "errcode", f.Code)
		return
	}
	select {
	case l.ack <- f:
	default: // a second one for the same frame
	}
}

var errDead = errors.New("pings are not answered any more")

// ping sends one. The error says that the connection is dead.
func (s *session) ping() error {
	if s.pings.Load() >= maxMissed {
		return errDead
	}
	s.pings.Add(1)
	data, err := encodeFrame(cmdPing, newReqID(cmdPing), nil)
	if err != nil {
		return err
	}
	return s.write(data, 0)
}

// newReqID makes an id in the form of the official SDK.
func newReqID(cmd string) string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	return cmd + "_" + strconv.FormatInt(time.Now().UnixMilli(), 10) + "_" + hex.EncodeToString(random[:])
}

func isPing(req string) bool { return len(req) > len(cmdPing) && req[:len(cmdPing)+1] == cmdPing+"_" }
