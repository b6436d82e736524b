package batch_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/batch"
)

// benchSource answers after the given time and counts its queries.
func benchSource(takes time.Duration) (*batch.Batcher[[32]byte, int], *atomic.Int64) {
	queries := new(atomic.Int64)
	return batch.New(batch.Options[[32]byte, int]{Fetch: func(_ context.Context, keys [][32]byte) (map[[32]byte]int, error) {
		queries.Add(1)
		if takes > 0 {
			time.Sleep(takes) // stands for the round trip
		}
		found := make(map[[32]byte]int, len(keys))
		for i, k := range keys {
			found[k] = i
		}
		return found, nil
	}}), queries
}

// BenchmarkLoad is the batcher's own cost (the source answers at once), and what gathering saves (it takes 200 us).
func BenchmarkLoad(b *testing.B) {
	for _, takes := range []time.Duration{0, 200 * time.Microsecond} {
		for _, askers := range []int{1, 32, 128} {
			b.Run(fmt.Sprintf("query=%v/askers=%d", takes, askers), func(b *testing.B) {
				loads, queries := benchSource(takes)
				b.ReportAllocs()
				var wg sync.WaitGroup
				var n atomic.Int64
				for a := range askers {
					wg.Go(func() {
						ctx, cancel := context.WithCancel(b.Context())
						defer cancel()
						key := [32]byte{byte(a), byte(a >> 8)}
						for n.Add(1) <= int64(b.N) {
							if _, ok, err := loads.Load(ctx, key); !ok || err != nil {
								b.Error(ok, err)
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/float64(queries.Load()), "keys/query")
			})
		}
	}
}
