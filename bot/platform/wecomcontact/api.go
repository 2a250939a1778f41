package wecomcontact

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"

	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work/config"
	workcontext "github.com/silenceper/wechat/v2/work/context"
	"github.com/silenceper/wechat/v2/work/externalcontact"
)

// api makes the calls, through the library where its requests have the right
// form.
type api struct {
	client *wxhttp.Client
	tokens *wxhttp.Tokens
	config *config.Config
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
	return &api{client: client, tokens: tokens, config: &config.Config{CorpID: o.CorpID, AgentID: agent}}, nil
}

// What the platform says, as far as it means more than a failure (path 90313).
const (
	codeForbidden = 48002 // the app is not listed, or the person is out of its sight
	codeTooBroad  = 81017 // groupchat/list: more than 1000 people are visible
)

func (a *api) do(ctx context.Context, name string, call func(*externalcontact.Client) error) error {
	return a.client.Do(ctx, name, a.tokens, func(t wxhttp.Ticket) error {
		return call(externalcontact.NewClient(&workcontext.Context{Config: a.config, AccessTokenHandle: t}))
	})
}

// post sends a body of our own: for what the library writes in a form that the
// pages do not know.
func (a *api) post(ctx context.Context, name string, body, answer any) error {
	return a.client.Do(ctx, name, a.tokens, func(t wxhttp.Ticket) error {
		data, err := util.PostJSON("https://"+wxhttp.HostWeCom+"/cgi-bin/externalcontact/"+name+"?access_token="+string(t), body)
		if err != nil {
			return err
		}
		return json.Unmarshal(data, answer) // its errcode is Do's to read
	})
}

// ready fetches the access token, unless there is one.
func (a *api) ready(ctx context.Context) error {
	_, err := a.tokens.Get(ctx)
	return err
}

// ownersAtOnce is how many owners a filter takes (path 92120, 92133).
const ownersAtOnce = 100

// groups lists every customer group that the app can see.
func (a *api) groups(ctx context.Context) ([]string, error) {
	all, err := a.groupsOf(ctx, nil)
	if wxhttp.Code(err) != codeTooBroad {
		return all, err
	}
	staff, err := a.staff(ctx)
	if err != nil {
		return nil, err
	}
	all = nil
	for part := range slices.Chunk(staff, ownersAtOnce) {
		some, err := a.groupsOf(ctx, part)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// maxPages bounds the pages of a list: a cursor that never ends must not either.
const maxPages = 1000

func (a *api) groupsOf(ctx context.Context, owners []string) ([]string, error) {
	var out []string
	q := externalcontact.GroupChatListRequest{OwnerFilter: externalcontact.OwnerFilter{UseridList: owners}, Limit: 1000}
	for range maxPages {
		var page *externalcontact.GroupChatListResponse
		err := a.do(ctx, "groupchat/list", func(c *externalcontact.Client) (err error) {
			page, err = c.GetGroupChatList(&q)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, g := range page.GroupChatList {
			if idForm.MatchString(g.ChatID) {
				out = append(out, g.ChatID)
			}
		}
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return out, nil
		}
	}
	return out, nil
}

// staff lists the employees who may have customer groups (path 92571).
func (a *api) staff(ctx context.Context) (out []string, err error) {
	err = a.do(ctx, "get_follow_user_list", func(c *externalcontact.Client) error {
		out, err = c.GetFollowUserList()
		return err
	})
	return out, err
}

// group reads one list of members (path 92122).
func (a *api) group(ctx context.Context, chatID string) (list, error) {
	var got *externalcontact.GroupChatDetailResponse
	err := a.do(ctx, "groupchat/get", func(c *externalcontact.Client) (err error) {
		got, err = c.GetGroupChatDetail(&externalcontact.GroupChatDetailRequest{ChatID: chatID, NeedName: 1})
		return err
	})
	if err != nil {
		return list{}, err
	}
	g := got.GroupChat
	if g.ChatID != chatID {
		return list{}, &wxhttp.WireError{API: "groupchat/get", Status: http.StatusOK, Err: errors.New("the answer is about another group")}
	}
	out := list{Group: Group{Chat: chatID, Name: g.Name, Owner: g.Owner, Version: g.MemberVersion}}
	for _, m := range g.MemberList {
		if !idForm.MatchString(m.UserID) || slices.ContainsFunc(out.Members, func(l listed) bool { return l.User == m.UserID }) {
			continue
		}
		l := listed{
			User: m.UserID, Name: m.Name, Staff: m.Type == 1, State: m.State, Invitor: m.Invitor.UserID, JoinedAt: time.Unix(int64(m.JoinTime), 0).UTC(),
		}
		if l.Name == "" {
			l.Name = m.GroupNickname
		}
		if !idForm.MatchString(l.Invitor) {
			l.Invitor = ""
		}
		out.Members = append(out.Members, l)
	}
	return out, nil
}

// task is the body of add_msg_template for groups. The library's sends null for
// everything that is for single customers (sheet 7.4 no. 8).
type task struct {
	ChatType string   `json:"chat_type"`
	Sender   string   `json:"sender"`
	Chats    []string `json:"chat_id_list"`
	Text     taskText `json:"text"`
	// Attachments are at most nine; ours is the picture.
	Attachments []attachment `json:"attachments,omitempty"`
}

type attachment struct {
	Type  string    `json:"msgtype"`
	Image taskImage `json:"image"`
}

type taskImage struct {
	ID string `json:"media_id"`
}

type taskText struct {
	Content string `json:"content"`
}

type taskMade struct {
	Failed []string `json:"fail_list"`
	ID     string   `json:"msgid"`
}

// addTask makes a group-send task (path 92135).
func (a *api) addTask(ctx context.Context, what gathering, chats ...string) (made taskMade, err error) {
	t := task{ChatType: "group", Sender: what.sender, Chats: chats, Text: taskText{what.text}}
	if what.image != "" {
		t.Attachments = []attachment{{"image", taskImage{what.image}}}
	}
	err = a.post(ctx, "add_msg_template", t, &made)
	return made, err
}

// results are what became of a task in each group (path 93338): 0 not sent yet,
// 1 sent, 2 not a contact, 3 the group has got another one.
func (a *api) results(ctx context.Context, msgID, sender string) (map[string]int, error) {
	out := map[string]int{}
	q := externalcontact.GetGroupMsgSendResultRequest{MsgID: msgID, UserID: sender, Limit: 1000}
	for range maxPages {
		var page *externalcontact.GetGroupMsgSendResultResponse
		err := a.do(ctx, "get_groupmsg_send_result", func(c *externalcontact.Client) (err error) {
			page, err = c.GetGroupMsgSendResult(&q)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, s := range page.SendList {
			out[s.ChatID] = s.Status
		}
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			break
		}
	}
	return out, nil
}

func (a *api) remind(ctx context.Context, msgID string) error {
	return a.do(ctx, "remind_groupmsg_send", func(c *externalcontact.Client) error {
		return c.RemindGroupMsgSend(&externalcontact.RemindGroupMsgSendRequest{MsgID: msgID})
	})
}

func (a *api) cancel(ctx context.Context, msgID string) error {
	return a.do(ctx, "cancel_groupmsg_send", func(c *externalcontact.Client) error {
		return c.CancelGroupMsgSend(&externalcontact.CancelGroupMsgSendRequest{MsgID: msgID})
	})
}

// addWay makes a join way (path 92229). A full group makes no new one: whoever
// scans is told so. The platform's default would lead him into a group that
// nobody chose.
func (a *api) addWay(ctx context.Context, i chat.Inviting) (id string, err error) {
	err = a.do(ctx, "groupchat/add_join_way", func(c *externalcontact.Client) error {
		made, err := c.AddJoinWay(&externalcontact.AddJoinWayRequest{
			Scene: 2, Remark: firstRunes(i.Name, maxRemark), ChatIDList: []string{i.Chat.Ref.ID}, State: i.State,
		})
		if err == nil {
			id = made.ConfigID
		}
		return err
	})
	return id, err
}

func (a *api) way(ctx context.Context, id string) (qr string, err error) {
	err = a.do(ctx, "groupchat/get_join_way", func(c *externalcontact.Client) error {
		got, err := c.GetJoinWay(&externalcontact.JoinWayConfigRequest{ConfigID: id})
		if err == nil {
			qr = got.JoinWay.QrCode
		}
		return err
	})
	return qr, err
}

func (a *api) delWay(ctx context.Context, id string) error {
	return a.do(ctx, "groupchat/del_join_way", func(c *externalcontact.Client) error {
		return c.DelJoinWay(&externalcontact.JoinWayConfigRequest{ConfigID: id})
	})
}
