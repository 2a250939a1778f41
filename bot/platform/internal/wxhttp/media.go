package wxhttp

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

// MediaFor is how long the vendor keeps what was uploaded (path 90253; the same
// for official accounts).
const MediaFor = 3 * 24 * time.Hour

// CodeMedia says that a media_id is not known any more (path 90313).
const CodeMedia = 40007

// mediaTimeout bounds a call that carries a picture.
const mediaTimeout = 40 * time.Second

// UploadImage hands a picture over by media/upload and gives its media_id,
// which is good for MediaFor. Nobody sees anything by it.
func (c *Client) UploadImage(ctx context.Context, host string, from Source, mime string, data []byte) (id string, err error) {
	name := "picture.png"
	if mime == "image/jpeg" {
		name = "picture.jpg"
	}
	var got struct {
		ID string `json:"media_id"`
	}
	err = c.wide(0).Do(ctx, "media/upload", from, func(t Ticket) error {
		q := url.Values{"access_token": {string(t)}, "type": {"image"}}
		answer, err := util.PostFileByStream("media", name, "https://"+host+"/cgi-bin/media/upload?"+q.Encode(), data)
		if err != nil {
			return err
		}
		return json.Unmarshal(answer, &got) // its errcode is Do's to read
	})
	if err == nil && got.ID == "" {
		err = errors.New("media/upload: the answer holds no media_id")
	}
	return got.ID, err
}

// Media reads what somebody sent, by its media_id: media/get (path 90254). One
// of more than limit bytes is an error.
func (c *Client) Media(ctx context.Context, host string, from Source, id string, limit int) (data []byte, err error) {
	err = c.wide(limit).Do(ctx, "media/get", from, func(t Ticket) error {
		q := url.Values{"access_token": {string(t)}, "media_id": {id}}
		data, err = util.HTTPGet("https://" + host + "/cgi-bin/media/get?" + q.Encode())
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// wide is the client with room for pictures.
func (c *Client) wide(limit int) *Client {
	w := *c
	w.limit, w.timeout = max(w.limit, int64(limit)), max(w.timeout, mediaTimeout)
	return &w
}
