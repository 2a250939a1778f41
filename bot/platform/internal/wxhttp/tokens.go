package wxhttp

import (
	"context"
	"errors"
	"net/http"

	"github.com/silenceper/wechat/v2/credential"
)

// Tokens fetches, keeps and renews the access token of one app through the
// library. It is a Source for Do.
type Tokens struct {
	client *Client
	api    string
	secret string
	handle credential.AccessTokenContextHandle
	cache  *Cache
	key    string // the library's key of the token in the cache
}

var _ Source = (*Tokens)(nil)

// WeChatTokens are those of an official account. They are the stable ones
// (cgi-bin/stable_token): fetching one does not make another program's
// invalid, and the secret travels in the body.
func (c *Client) WeChatTokens(appID, secret string, cache *Cache) *Tokens {
	const prefix = credential.CacheKeyOfficialAccountPrefix
	return &Tokens{
		client: c, api: apiStableToken, secret: secret, cache: cache,
		handle: credential.NewStableAccessToken(appID, secret, prefix, cache),
		key:    prefix + "_stable_access_token_" + appID,
	}
}

// WeComTokens are those of one app of a corporation. agentID tells the apps of
// one corporation apart in the cache: without it the library would let two
// apps share one token silently. For a secret that belongs to no app
// (customer contact) any other name will do.
func (c *Client) WeComTokens(corpID, secret, agentID string, cache *Cache) (*Tokens, error) {
	if agentID == "" {
		return nil, errors.New("wxhttp: the tokens of an app need its agent id")
	}
	const prefix = credential.CacheKeyWorkPrefix
	return &Tokens{
		client: c, api: apiGetToken, secret: secret, cache: cache,
		handle: credential.NewWorkAccessTokenWithAgentID(corpID, secret, agentID, prefix, cache),
		key:    prefix + "_access_token_" + corpID + "_" + agentID,
	}, nil
}

// Get gives the token, from the cache or from the vendor.
func (t *Tokens) Get(ctx context.Context) (string, error) {
	if v, ok := t.cache.lookup(t.key); ok && v != "" {
		return v, nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.client.timeout)
	defer cancel()
	e := &exchange{client: t.client, ctx: ctx, api: t.api, secrets: []string{t.secret}}
	token, err := t.handle.GetAccessTokenContext(withExchange(ctx, e))
	err = e.outcome(err)
	if err == nil && token == "" {
		err = &WireError{API: t.api, Status: http.StatusOK, Err: errors.New("the answer holds no token")}
	}
	if w, ok := errors.AsType[*WireError](err); ok {
		w.Before = true
	}
	return token, err
}

// Drop forgets a token that the vendor did not accept.
func (t *Tokens) Drop(used string) bool {
	t.cache.drop(t.key, used)
	return true
}
