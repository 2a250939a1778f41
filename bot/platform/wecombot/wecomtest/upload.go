package wecomtest

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"strconv"
)

// File is something that was uploaded.
type File struct {
	Type string // file, image, voice, video
	Name string
	Data []byte
}

type upload struct {
	file   File
	size   int
	md5    string
	chunks [][]byte
}

// maxChunk is the size of a chunk before base64 (path 101463).
const maxChunk = 512 << 10

func (s *Server) uploadLocked(f Frame) (int64, string, any) {
	var b struct {
		Type        string `json:"type"`
		Filename    string `json:"filename"`
		TotalSize   int    `json:"total_size"`
		TotalChunks int    `json:"total_chunks"`
		MD5         string `json:"md5"`
		UploadID    string `json:"upload_id"`
		ChunkIndex  *int   `json:"chunk_index"`
		Base64      []byte `json:"base64_data"`
	}
	if err := json.Unmarshal(f.Body, &b); err != nil {
		return s.invalidLocked("%s: %v", f.Cmd, err)
	}
	if f.Cmd == CmdInit {
		known := map[string]bool{"file": true, "image": true, "voice": true, "video": true}[b.Type]
		if !known || b.Filename == "" || b.TotalSize < 1 || b.TotalChunks < 1 || b.TotalChunks > 100 {
			return s.invalidLocked("an upload of type %q, %d bytes in %d chunks, called %q", b.Type, b.TotalSize, b.TotalChunks, b.Filename)
		}
		id := s.idLocked("upload")
		s.uploads[id] = &upload{file: File{Type: b.Type, Name: b.Filename}, size: b.TotalSize, md5: b.MD5, chunks: make([][]byte, b.TotalChunks)}
		return 0, "ok", map[string]string{"upload_id": id}
	}
	u := s.uploads[b.UploadID]
	if u == nil {
		return s.invalidLocked("%s: unknown upload %q", f.Cmd, b.UploadID)
	}
	if f.Cmd == CmdChunk {
		// The SDK counts from 0.
		if b.ChunkIndex == nil || *b.ChunkIndex < 0 || *b.ChunkIndex >= len(u.chunks) || len(b.Base64) == 0 || len(b.Base64) > maxChunk {
			return s.invalidLocked("a chunk of %d bytes with a wrong index", len(b.Base64))
		}
		u.chunks[*b.ChunkIndex] = b.Base64
		return 0, "ok", nil
	}
	u.file.Data = bytes.Join(u.chunks, nil)
	sum := md5.Sum(u.file.Data)
	if len(u.file.Data) != u.size || (u.md5 != "" && u.md5 != hex.EncodeToString(sum[:])) {
		return s.invalidLocked("an upload of %d bytes instead of %d, or with another checksum", len(u.file.Data), u.size)
	}
	delete(s.uploads, b.UploadID)
	id := s.idLocked("media")
	s.media[id] = u.file
	return 0, "ok", map[string]string{"type": u.file.Type, "media_id": id, "created_at": strconv.FormatInt(s.opts.Now().Unix(), 10)}
}
