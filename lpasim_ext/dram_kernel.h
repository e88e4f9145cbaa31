/* A DRAM memory, command by command: the contract is docs/dram.md.
 *
 * What a channel changes is in flat structures, so that a state is saved and put back by copying it.
 * All times are memory clocks. */
#ifndef LPASIM_DRAM_KERNEL_H
#define LPASIM_DRAM_KERNEL_H

#include <stdint.h>

enum { DRAM_NONE = -1, DRAM_UNKNOWN = -2 };
enum { DRAM_READ, DRAM_WRITE, DRAM_KINDS };
enum { DRAM_ACT, DRAM_PRE, DRAM_RD, DRAM_WR, DRAM_PREA, DRAM_REF };
enum { DRAM_BANKS = 64, DRAM_GROUPS = 64, DRAM_RANKS = 16, DRAM_QUEUE = 64 };

/* What is counted for each transfer. */
enum {
    DRAM_ACTIVATES, DRAM_PRECHARGES, DRAM_REFRESHES, DRAM_BURSTS, DRAM_HITS, DRAM_MISSES, DRAM_CONFLICTS,
    DRAM_ACTIVE_CLOCKS, DRAM_IDLE_CLOCKS, DRAM_COUNTERS
};

/* Shapes, policies and distances between commands; `same` is by bank group, rank or neither: [scope][last][next]. */
typedef struct {
    int64_t channels, ranks, groups, banks; /* groups of a rank, banks of a group */
    int64_t to_group, to_rank;              /* a bank's number shifted right by these is its group's, its rank's */
    int64_t channel_shift, rank_shift, group_shift, bank_shift, row_shift;
    int64_t channel_mask, rank_mask, group_mask, bank_mask, row_mask;
    int64_t burst_shift;
    int64_t read_queue, write_queue, high, low;
    int64_t in_order, closed_page, refresh;
    int64_t rcd, rp, ras, rc, rrd_s, rrd_l, faw, rfc, refi;
    int64_t latency[DRAM_KINDS];      /* from a column command to the end of its data */
    int64_t to_precharge[DRAM_KINDS]; /* from a column command to the precharge of its bank */
    int64_t same_group[DRAM_KINDS][DRAM_KINDS];
    int64_t same_rank[DRAM_KINDS][DRAM_KINDS];
    int64_t other_rank[DRAM_KINDS][DRAM_KINDS];
} dram_config;

/* `outer` times `inner` runs of bytes. */
typedef struct {
    int64_t start, run, inner, inner_stride, outer, outer_stride;
} dram_block;

/* A transfer: blocks, or else a list of addresses; the memory frees them. It has a slot until it has been taken: few are
 * under way at a time, whatever their tickets. */
typedef struct {
    dram_block *blocks;
    int64_t *list;
    int64_t size;
    int64_t ticket; /* NONE: the slot is free */
    int32_t kind, taken;
} dram_transfer;

/* A channel's part of a transfer. */
typedef struct {
    int64_t left; /* bursts not served */
    int64_t next; /* slot of the channel's next transfer of the kind */
    int64_t first, done;
    int64_t count[DRAM_COUNTERS];
} dram_progress;

typedef struct {
    int64_t row;
    int64_t seq;
    int32_t slot;
    int16_t next;
    int8_t precharged, activated;
} dram_request;

/* The requests of one kind for the banks: for each a list in the order of age. */
typedef struct {
    uint64_t waiting, hits; /* banks with requests, and those with one for their open row */
    int32_t size;
    int16_t head[DRAM_BANKS], tail[DRAM_BANKS], hit[DRAM_BANKS];
    int64_t head_seq[DRAM_BANKS], hit_seq[DRAM_BANKS];
    int64_t group_ready[DRAM_GROUPS], rank_ready[DRAM_RANKS]; /* for column commands of the kind */
} dram_queue;

typedef struct {
    uint64_t open;
    int64_t row[DRAM_BANKS]; /* -1: closed */
    int64_t act_ready[DRAM_BANKS], col_ready[DRAM_BANKS], pre_ready[DRAM_BANKS];
    int64_t group_act_ready[DRAM_GROUPS];
} dram_banks;

typedef struct {
    uint64_t mask; /* its banks */
    int64_t act_ready;
    int64_t pre_ready, ref_ready; /* of any bank: when all may be precharged, and when they are */
    int64_t due, acts[4];
    int32_t next_act;
} dram_rank;

/* Where a channel is in the transfers of one kind. */
typedef struct {
    int64_t slot, last; /* of the transfer, and of the last one that waits behind it; NONE: there is none */
    int64_t block, outer, inner;
    int64_t burst, run_end; /* the next burst, and the last one of its run; in a list, the next index */
    int64_t given;          /* the burst before */
} dram_cursor;

typedef struct {
    int64_t clock;   /* the next command is issued at this clock or later */
    int64_t charged; /* clocks before are charged to a transfer, or are in `loose` */
    int64_t seq, logged;
    int32_t draining, slot_free, has_loose;
    dram_cursor cursor[DRAM_KINDS];
    int64_t loose[DRAM_COUNTERS];
    dram_progress *progress; /* by slot; of `now`, in `saved`, too */
    dram_rank rank[DRAM_RANKS];
    dram_banks banks;
    dram_queue queue[DRAM_KINDS];
    dram_request pool[2 * DRAM_QUEUE];
} dram_channel;

typedef struct {
    int64_t clock;
    int32_t command, rank, group, bank;
    int64_t row, ticket; /* NONE: a refresh and its precharge are for no transfer */
} dram_logged;

/* The commands of a channel that were not handed out yet. */
typedef struct {
    dram_logged *entries;
    int64_t room;
} dram_log;

typedef struct {
    dram_config config;
    dram_transfer *transfer; /* [slots] */
    int64_t slots;
    int64_t tickets;          /* given out */
    int64_t committed, ahead; /* `saved` is the state at this clock, and `now` that at this one */
    dram_channel *now, *saved;
    dram_progress *progress, *saved_progress; /* [channels][slots] */
    dram_log *log; /* of each channel; NULL: none is kept */
    int32_t log_failed; /* there was no memory for an entry */
} dram_memory;

dram_memory *dram_new(const dram_config *config, int32_t is_logged);
void dram_free(dram_memory *memory);
int dram_advance(dram_memory *memory, int64_t clock);
int64_t dram_push(dram_memory *memory, const dram_transfer *transfer);
int64_t dram_next_done(dram_memory *memory);
int64_t dram_take(dram_memory *memory, int64_t clock, int64_t *first, int64_t *done, int64_t *count);
int64_t dram_first(const dram_memory *memory, int64_t ticket);
void dram_clear_log(dram_memory *memory);

#endif
