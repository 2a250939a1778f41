package wecomapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"

	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work/addresslist"
	"github.com/silenceper/wechat/v2/work/config"
	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/material"
	"github.com/silenceper/wechat/v2/work/message"
)

// api makes the calls, through the library.
type api struct {
	client *wxhttp.Client
	tokens *wxhttp.Tokens
	config *config.Config
	agent  string
}

func newAPI(o Options) (*api, error) {
	client, err := wxhttp.New(wxhttp.Options{WeCom: o.BaseURL, Transport: o.Transport, Timeout: o.Times.Call})
	if err != nil {
		return nil, err
	}
	agent := strconv.Itoa(o.AgentID)
	tokens, err := client.WeComTokens(o.CorpID, o.Secret, agent, wxhttp.NewCache(o.Now))
	if err != nil {
		return nil, err
	}
	return &api{client: client, tokens: tokens, config: &config.Config{CorpID: o.CorpID, AgentID: agent}, agent: agent}, nil
}

// ready fetches the access token, unless there is one.
func (a *api) ready(ctx context.Context) error {
	_, err := a.tokens.Get(ctx)
	return err
}

func (a *api) do(ctx context.Context, name string, call func(*workcontext.Context) error) error {
	return a.client.Do(ctx, name, a.tokens, func(t wxhttp.Ticket) error {
		return call(&workcontext.Context{Config: a.config, AccessTokenHandle: t})
	})
}

// ask makes a call that the library has no function for: with a body it is a
// POST, without one a GET.
func (a *api) ask(ctx context.Context, name string, query url.Values, body, answer any) error {
	return a.client.Do(ctx, name, a.tokens, func(t wxhttp.Ticket) error {
		if query == nil {
			query = url.Values{}
		}
		query.Set("access_token", string(t))
		address := DefaultBaseURL + "/cgi-bin/" + name + "?" + query.Encode()
		var data []byte
		var err error
		if body == nil {
			data, err = util.HTTPGet(address)
		} else {
			data, err = util.PostJSON(address, body)
		}
		if err != nil || answer == nil {
			return err
		}
		if err := json.Unmarshal(data, answer); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// send sends a message to one member. That he cannot get it is told in an
// answer with errcode 0 (path 90236).
func (a *api) send(ctx context.Context, o outgoing) (err error) {
	var got *message.SendResponse
	err = a.do(ctx, "message/send", func(c *workcontext.Context) error {
		got, err = message.NewClient(c).Send("MessageSend", o)
		return err
	})
	if err != nil {
		return err
	}
	if got.InvalidUser != "" || got.UnlicensedUser != "" {
		return rejected("message/send: the member cannot be written to: he is not in the app's visible range, or has no licence")
	}
	return nil
}

// change replaces a card that a member has pressed, once for each press (path
// 94888).
func (a *api) change(ctx context.Context, u cardUpdate) error {
	return a.ask(ctx, "message/update_template_card", nil, u, nil)
}

// upload keeps a file for three days (path 90253). Nobody sees it by that, so
// whatever happens it may be tried again.
func (a *api) upload(ctx context.Context, kind string, f *chat.File) (id string, err error) {
	var got struct {
		ID string `json:"media_id"`
	}
	err = a.do(ctx, "media/upload", func(c *workcontext.Context) error {
		up, err := material.NewClient(c).UploadTempFileFromReader(f.Name, kind, readerOf(f))
		if err == nil {
			got.ID = up.MediaID
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if got.ID == "" {
		return "", &chat.SendError{Fault: chat.Retry, Err: errors.New("media/upload: the answer holds no media_id")}
	}
	return got.ID, nil
}

// name is what a member is called; empty if the app may not know.
func (a *api) name(ctx context.Context, user string) (name string, err error) {
	var got *addresslist.UserGetResponse
	err = a.do(ctx, "user/get", func(c *workcontext.Context) error {
		got, err = addresslist.NewClient(c).UserGet(user)
		return err
	})
	if err != nil {
		return "", err
	}
	return got.Name, nil
}

// maxConvert is how many ids one call converts (path 101521).
const maxConvert = 1000

// userIDs turns the encrypted ids that an aibot is told into plain ones (path
// 101521). Ids that are plain already, or whose owner the app may not see, are
// missing in the answer.
func (a *api) userIDs(ctx context.Context, open []string) (map[string]string, error) {
	var got struct {
		List []struct {
			Open string `json:"open_userid"`
			User string `json:"userid"`
		} `json:"userid_list"`
	}
	err := a.ask(ctx, "batch/openuserid_to_userid", nil, struct {
		Open []string `json:"open_userid_list"`
	}{open}, &got)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, one := range got.List {
		if userForm.MatchString(one.User) {
			out[one.Open] = one.User
		}
	}
	return out, nil
}

// agentInfo is what the platform says of the app itself (path 90227).
type agentInfo struct {
	ID    int    `json:"agentid"`
	Name  string `json:"name"`
	Close int    `json:"close"` // 1: switched off in the console
	Users struct {
		List []struct {
			ID string `json:"userid"`
		} `json:"user"`
	} `json:"allow_userinfos"`
}

func (a *api) about(ctx context.Context) (got agentInfo, err error) {
	err = a.ask(ctx, "agent/get", url.Values{"agentid": {a.agent}}, nil, &got)
	return got, err
}
