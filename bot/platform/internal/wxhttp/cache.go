package wxhttp

import (
	"fmt"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/cache"
)

// Cache keeps access tokens in memory for the library. It holds strings only:
// the library takes for granted that they are (val.(string)).
type Cache struct {
	now func() time.Time

	mu   sync.RWMutex
	kept map[string]kept
}

type kept struct {
	value string
	until time.Time
}

var _ cache.Cache = (*Cache)(nil)

// NewCache makes an empty cache with a clock; nil is time.Now.
func NewCache(now func() time.Time) *Cache {
	if now == nil {
		now = time.Now
	}
	return &Cache{now: now, kept: map[string]kept{}}
}

// Get implements cache.Cache: a string, or nil.
func (c *Cache) Get(key string) any {
	if v, ok := c.lookup(key); ok {
		return v
	}
	return nil
}

func (c *Cache) lookup(key string) (string, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	k, ok := c.kept[key]
	return k.value, ok && c.now().Before(k.until)
}

// Set implements cache.Cache. What has no time left is not kept: the library
// takes 300 or 1500 s off a token's life, and a token near its end has less.
func (c *Cache) Set(key string, val any, timeout time.Duration) error {
	s, ok := val.(string)
	if !ok {
		return fmt.Errorf("wxhttp: the cache keeps strings, not %T", val)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if timeout <= 0 {
		delete(c.kept, key)
		return nil
	}
	c.kept[key] = kept{value: s, until: c.now().Add(timeout)}
	return nil
}

// IsExist implements cache.Cache.
func (c *Cache) IsExist(key string) bool {
	_, ok := c.lookup(key)
	return ok
}

// Delete implements cache.Cache.
func (c *Cache) Delete(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, key)
	return nil
}

// drop deletes a key if it still holds a value: who comes second must not throw
// away what the first has fetched anew.
func (c *Cache) drop(key, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept[key].value == value {
		delete(c.kept, key)
	}
}
