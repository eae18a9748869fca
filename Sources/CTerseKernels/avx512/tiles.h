// What products with tiles of packed and of split matrices share. Included inside a region that targets AVX-512.

enum { LINE = 64 };

// Lines of memory that are asked for one at a time: more at once than the processor can wait for would hold it up.
typedef struct {
    const char *next;
    int64_t step;  // LINE, or 0 where there is nothing to ask for: then `next` is any line
} line_cursor;

TERSE_INLINE void fetch_line(line_cursor *cursor) {
    _mm_prefetch(cursor->next, _MM_HINT_T0);
    cursor->next += cursor->step;
}

// Four bytes, the same for all rows of a tile.
TERSE_INLINE __m512i broadcast(const void *four) { return _mm512_set1_epi32((int)terse_load_u32(four)); }
