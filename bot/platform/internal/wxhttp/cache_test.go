package wxhttp

import (
	"testing"
	"time"
)

func TestTheCacheKeepsStringsForTheirTime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	c := NewCache(func() time.Time { return now })
	if c.Get("a") != nil || c.IsExist("a") {
		t.Error("something in an empty cache")
	}
	if err := c.Set("a", []byte("x"), time.Hour); err == nil {
		t.Error("took bytes")
	}
	for _, d := range []time.Duration{0, -time.Second} {
		if err := c.Set("a", "x", d); err != nil || c.IsExist("a") {
			t.Errorf("%s: kept, %v", d, err)
		}
	}
	if err := c.Set("a", "x", time.Hour); err != nil || c.Get("a") != "x" || !c.IsExist("a") {
		t.Errorf("%v %v", c.Get("a"), err)
	}
	c.drop("a", "older")
	now = now.Add(time.Hour - 1)
	if c.Get("a") != "x" {
		t.Error("gone too early")
	}
	now = now.Add(1)
	if c.Get("a") != nil || c.IsExist("a") {
		t.Error("kept too long")
	}
	_ = c.Set("a", "y", time.Hour)
	if c.drop("a", "y"); c.IsExist("a") {
		t.Error("not dropped")
	}
	_ = c.Set("a", "z", time.Hour)
	if err := c.Delete("a"); err != nil || c.IsExist("a") {
		t.Error("not deleted")
	}
}
