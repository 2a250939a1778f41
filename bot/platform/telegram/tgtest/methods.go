package tgtest

import (
	"context"
	"encoding/json"
	"net/http"
)

// answer is a Bot API response.
type answer struct {
	code       int // 200 or an error
	result     any
	raw        []byte // instead of result
	desc       string
	retryAfter int
	migrateTo  int64
}

func ok(result any) answer { return answer{code: http.StatusOK, result: result} }

func fail(code int, desc string) answer { return answer{code: code, desc: desc} }

func bad(desc string) answer { return fail(http.StatusBadRequest, "Bad Request: "+desc) }

func writeAnswer(w http.ResponseWriter, a answer) {
	body := map[string]any{"ok": true}
	if a.code != http.StatusOK {
		body = map[string]any{"ok": false, "error_code": a.code, "description": a.desc}
		params := map[string]any{}
		if a.retryAfter > 0 {
			params["retry_after"] = a.retryAfter
		}
		if a.migrateTo != 0 {
			params["migrate_to_chat_id"] = a.migrateTo
		}
		if len(params) > 0 {
			body["parameters"] = params
		}
	} else {
		body["result"] = a.result
	}
	out := a.raw
	if out == nil {
		var err error
		if out, err = json.Marshal(body); err != nil {
			panic("tgtest: " + err.Error())
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.code)
	_, _ = w.Write(out) // the client may be gone
}

// call runs one method. Methods that wait (getUpdates) take the lock
// themselves, all others run under it.
func (s *Server) call(ctx context.Context, method string, p params) answer {
	if method == "getUpdates" {
		return s.getUpdates(ctx, p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notifyLocked()
	m, known := methods[method]
	if !known {
		s.problems = append(s.problems, "unknown method "+method)
		return fail(http.StatusNotFound, "Not Found: method not found")
	}
	return m(s, p)
}

var methods = map[string]func(*Server, params) answer{
	"getMe":                    (*Server).getMe,
	"sendMessage":              (*Server).sendMessage,
	"sendDocument":             (*Server).sendDocument,
	"sendPhoto":                (*Server).sendPhoto,
	"getFile":                  (*Server).getFile,
	"sendPoll":                 (*Server).sendPoll,
	"stopPoll":                 (*Server).stopPoll,
	"editMessageText":          (*Server).editMessageText,
	"deleteMessage":            (*Server).deleteMessage,
	"pinChatMessage":           (*Server).pinChatMessage,
	"unpinChatMessage":         (*Server).unpinChatMessage,
	"editEphemeralMessageText": (*Server).editEphemeral,
	"deleteEphemeralMessage":   (*Server).deleteEphemeral,
	"answerCallbackQuery":      (*Server).answerCallbackQuery,
	"createChatInviteLink":     (*Server).createChatInviteLink,
	"revokeChatInviteLink":     (*Server).revokeChatInviteLink,
	"editChatInviteLink":       (*Server).editChatInviteLink,
	"approveChatJoinRequest":   (*Server).approveChatJoinRequest,
	"declineChatJoinRequest":   (*Server).declineChatJoinRequest,
	"getChat":                  (*Server).getChat,
	"getChatAdministrators":    (*Server).getChatAdministrators,
	"getChatMember":            (*Server).getChatMember,
	"getChatMemberCount":       (*Server).getChatMemberCount,
	"setMyCommands":            (*Server).setMyCommands,
	"getMyCommands":            (*Server).getMyCommands,
	"deleteMyCommands":         (*Server).deleteMyCommands,
	"setWebhook":               (*Server).setWebhook,
	"deleteWebhook":            (*Server).deleteWebhook,
	"getWebhookInfo":           (*Server).getWebhookInfo,
}

func (s *Server) getMe(params) answer {
	return ok(map[string]any{
		"id": s.botID, "is_bot": true, "first_name": "Qunmate", "username": s.opts.Username,
		"can_join_groups": true, "can_read_all_group_messages": s.opts.PrivacyOff, "supports_inline_queries": false,
	})
}
