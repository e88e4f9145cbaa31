#include "dram_kernel.h"

#include <stdlib.h>
#include <string.h>

#if defined(_MSC_VER)
#include <intrin.h>
static inline int64_t lowest_bit(uint64_t bits)
{
    unsigned long index;
    _BitScanForward64(&index, bits);
    return (int64_t)index;
}
#else
static inline int64_t lowest_bit(uint64_t bits) { return __builtin_ctzll(bits); }
#endif

#define NONE DRAM_NONE
#define NEVER INT64_MAX
#define FIRST_SLOTS 8
#define MOST_COMMANDS ((int64_t)1 << 19) /* of one call: so many take about 0.1 s, and then a signal may be heeded */

static inline int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

static inline void push_back(int64_t *ready, int64_t time)
{
    if (*ready < time)
        *ready = time;
}

/* ---- Addresses ---------------------------------------------------------------------------------------------------- */

static void start_run(const dram_memory *memory, const dram_transfer *t, dram_cursor *cursor)
{
    const dram_block *block = &t->blocks[cursor->block];
    int64_t first = block->start + cursor->outer * block->outer_stride + cursor->inner * block->inner_stride;
    int64_t burst = first >> memory->config.burst_shift;
    cursor->burst = burst == cursor->given ? burst + 1 : burst; /* shared with the run before: counts once */
    cursor->run_end = (first + block->run - 1) >> memory->config.burst_shift;
}

static void start_transfer(const dram_memory *memory, dram_cursor *cursor)
{
    const dram_transfer *t = &memory->transfer[cursor->slot];
    cursor->block = cursor->outer = cursor->inner = cursor->burst = 0;
    cursor->given = NONE;
    if (t->blocks != NULL)
        start_run(memory, t, cursor);
}

/* Give the next burst of a transfer; NONE after the last one. */
static int64_t next_burst(const dram_memory *memory, const dram_transfer *t, dram_cursor *cursor)
{
    if (t->blocks == NULL)
        return cursor->burst < t->size ? t->list[cursor->burst++] >> memory->config.burst_shift : NONE;
    while (cursor->burst > cursor->run_end) {
        if (cursor->block == t->size)
            return NONE;
        if (++cursor->inner == t->blocks[cursor->block].inner) {
            cursor->inner = 0;
            if (++cursor->outer == t->blocks[cursor->block].outer) {
                cursor->outer = 0;
                if (++cursor->block == t->size)
                    return NONE;
            }
        }
        start_run(memory, t, cursor);
    }
    cursor->given = cursor->burst;
    return cursor->burst++;
}

/* ---- Queues ------------------------------------------------------------------------------------------------------- */

static inline uint64_t bit(int64_t bank) { return (uint64_t)1 << bank; }

/* Note the oldest request for a bank's open row, from `node` on; in order, only the bank's oldest request may go. */
static void find_hit(const dram_config *c, dram_channel *ch, int kind, int64_t bank, int16_t node)
{
    dram_queue *q = &ch->queue[kind];
    int64_t row = ch->banks.row[bank];
    while (node != NONE && ch->pool[node].row != row)
        node = c->in_order ? NONE : ch->pool[node].next;
    if (c->in_order && node != q->head[bank])
        node = NONE;
    q->hit[bank] = node;
    q->hits &= ~bit(bank);
    if (node != NONE) {
        q->hits |= bit(bank);
        q->hit_seq[bank] = ch->pool[node].seq;
    }
}

static void enqueue(const dram_config *c, dram_channel *ch, int kind, int64_t slot, int64_t burst)
{
    dram_queue *q = &ch->queue[kind];
    int64_t rank = (burst >> c->rank_shift) & c->rank_mask;
    int64_t group = rank * c->groups + ((burst >> c->group_shift) & c->group_mask);
    int64_t bank = group * c->banks + ((burst >> c->bank_shift) & c->bank_mask);
    int16_t node = (int16_t)ch->slot_free;
    dram_request *request = &ch->pool[node];
    ch->slot_free = request->next;
    request->row = (burst >> c->row_shift) & c->row_mask;
    request->seq = ch->seq++;
    request->slot = (int32_t)slot;
    request->next = NONE;
    request->precharged = request->activated = 0;
    if (q->waiting & bit(bank)) {
        ch->pool[q->tail[bank]].next = node;
    } else {
        q->waiting |= bit(bank);
        q->head[bank] = node;
        q->head_seq[bank] = request->seq;
    }
    q->tail[bank] = node;
    if (!(q->hits & bit(bank)))
        find_hit(c, ch, kind, bank, node);
    q->size++;
    if (ch->progress[slot].first == NEVER)
        ch->progress[slot].first = ch->clock;
}

/* Fill the queue of a kind from its transfers, in order. */
static void take_in(dram_memory *memory, dram_channel *ch, int64_t number, int kind)
{
    const dram_config *c = &memory->config;
    int64_t room = (kind == DRAM_READ ? c->read_queue : c->write_queue) - ch->queue[kind].size;
    dram_cursor *cursor = &ch->cursor[kind];
    while (room > 0 && cursor->slot != NONE) {
        const dram_transfer *t = &memory->transfer[cursor->slot];
        int64_t burst = next_burst(memory, t, cursor);
        if (burst == NONE) {
            cursor->slot = ch->progress[cursor->slot].next;
            if (cursor->slot == NONE)
                cursor->last = NONE;
            else
                start_transfer(memory, cursor);
        } else if (((burst >> c->channel_shift) & c->channel_mask) == number) {
            enqueue(c, ch, kind, cursor->slot, burst);
            room--;
        }
    }
}

/* Take the oldest request for the open row out of its bank's list. */
static void dequeue(const dram_config *c, dram_channel *ch, int kind, int64_t bank)
{
    dram_queue *q = &ch->queue[kind];
    int16_t node = q->hit[bank], before = NONE, after = ch->pool[node].next;
    for (int16_t at = q->head[bank]; at != node; at = ch->pool[at].next)
        before = at;
    if (before != NONE) {
        ch->pool[before].next = after;
    } else if (after != NONE) {
        q->head[bank] = after;
        q->head_seq[bank] = ch->pool[after].seq;
    } else {
        q->waiting &= ~bit(bank);
    }
    if (after == NONE)
        q->tail[bank] = before;
    q->size--;
    ch->pool[node].next = (int16_t)ch->slot_free;
    ch->slot_free = node;
    find_hit(c, ch, kind, bank, after);
}

/* ---- Commands ----------------------------------------------------------------------------------------------------- */

/* Charge the clocks before `time` to a row of counters. */
static inline void charge(const dram_config *c, dram_channel *ch, int64_t time, int64_t *count)
{
    int64_t active = 0;
    for (int64_t rank = 0; rank < c->ranks; rank++)
        active += (ch->banks.open & ch->rank[rank].mask) != 0;
    count[DRAM_ACTIVE_CLOCKS] += active * (time - ch->charged);
    count[DRAM_IDLE_CLOCKS] += (c->ranks - active) * (time - ch->charged);
    ch->charged = time;
}

/* Charge a refresh, and the clocks around it, to the transfer that comes after it. */
static void settle_loose(dram_channel *ch, int64_t *count)
{
    for (int i = 0; i < DRAM_COUNTERS; i++) {
        count[i] += ch->loose[i];
        ch->loose[i] = 0;
    }
    ch->has_loose = 0;
}

static void close_bank(const dram_config *c, dram_channel *ch, int64_t bank, int64_t time)
{
    dram_banks *banks = &ch->banks;
    banks->row[bank] = NONE;
    banks->open &= ~bit(bank);
    for (int kind = 0; kind < DRAM_KINDS; kind++) {
        ch->queue[kind].hit[bank] = NONE;
        ch->queue[kind].hits &= ~bit(bank);
    }
    push_back(&banks->act_ready[bank], time + c->rp);
    push_back(&ch->rank[bank >> c->to_rank].ref_ready, banks->act_ready[bank]);
}

static void activate(const dram_config *c, dram_channel *ch, int64_t bank, int64_t row, int64_t time)
{
    dram_banks *banks = &ch->banks;
    dram_rank *rank = &ch->rank[bank >> c->to_rank];
    banks->row[bank] = row;
    banks->open |= bit(bank);
    banks->col_ready[bank] = time + c->rcd;
    banks->pre_ready[bank] = time + c->ras;
    banks->act_ready[bank] = time + c->rc;
    push_back(&rank->pre_ready, time + c->ras);
    push_back(&rank->ref_ready, time + c->rc);
    push_back(&banks->group_act_ready[bank >> c->to_group], time + c->rrd_l);
    rank->acts[rank->next_act] = time;
    rank->next_act = (rank->next_act + 1) & 3;
    push_back(&rank->act_ready, later(time + c->rrd_s, rank->acts[rank->next_act] + c->faw));
    for (int kind = 0; kind < DRAM_KINDS; kind++)
        find_hit(c, ch, kind, bank, ch->queue[kind].waiting & bit(bank) ? ch->queue[kind].head[bank] : NONE);
}

static void access_column(const dram_config *c, dram_channel *ch, int kind, int64_t bank, int64_t time)
{
    int64_t own_rank = bank >> c->to_rank;
    const dram_request *request = &ch->pool[ch->queue[kind].hit[bank]];
    dram_progress *progress = &ch->progress[request->slot];
    int64_t *count = progress->count;
    count[DRAM_BURSTS]++;
    count[request->precharged ? DRAM_CONFLICTS : request->activated ? DRAM_MISSES : DRAM_HITS]++;
    progress->left--;
    push_back(&progress->done, time + c->latency[kind]);
    push_back(&ch->banks.pre_ready[bank], time + c->to_precharge[kind]);
    push_back(&ch->rank[own_rank].pre_ready, ch->banks.pre_ready[bank]);
    for (int next = 0; next < DRAM_KINDS; next++) {
        dram_queue *q = &ch->queue[next];
        push_back(&q->group_ready[bank >> c->to_group], time + c->same_group[kind][next]);
        for (int64_t rank = 0; rank < c->ranks; rank++) {
            int64_t distance = rank == own_rank ? c->same_rank[kind][next] : c->other_rank[kind][next];
            push_back(&q->rank_ready[rank], time + distance);
        }
    }
    dequeue(c, ch, kind, bank);
    if (c->closed_page && !(ch->queue[kind].hits & bit(bank))) { /* with auto-precharge */
        close_bank(c, ch, bank, ch->banks.pre_ready[bank]);
        count[DRAM_PRECHARGES]++;
    }
}

/* ---- Choice of the next command ----------------------------------------------------------------------------------- */

typedef struct {
    int64_t time, bank; /* bank: NONE in a refresh */
    int32_t command, rank;
} dram_choice;

/* The best bank so far for one class of commands: a command goes the earlier it may, and then the older its request is. */
typedef struct {
    uint64_t key;
    int64_t bank;
} dram_best;

static inline void consider(dram_best *best, const dram_channel *ch, int64_t time, int64_t seq, int64_t bank)
{
    uint64_t key = (uint64_t)(time - ch->clock) << 32 | (uint32_t)(seq - ch->seq);
    best->bank = key < best->key ? bank : best->bank;
    best->key = key < best->key ? key : best->key;
}

static inline int64_t time_of(const dram_best *best, const dram_channel *ch)
{
    return best->bank == NONE ? NEVER : ch->clock + (int64_t)(best->key >> 32);
}

static int64_t oldest_bank(const dram_queue *q)
{
    int64_t best = NONE, seq = NEVER;
    for (uint64_t left = q->waiting; left; left &= left - 1) {
        int64_t bank = lowest_bit(left);
        if (q->head_seq[bank] < seq) {
            seq = q->head_seq[bank];
            best = bank;
        }
    }
    return best;
}

static void choose_mode(const dram_config *c, dram_channel *ch)
{
    int64_t reads = ch->queue[DRAM_READ].size, writes = ch->queue[DRAM_WRITE].size;
    int64_t enough = ch->draining ? c->low + 1 : c->high;
    ch->draining = writes >= enough || (!reads && writes > 0);
}

/* A rank that is due waits: its open banks are precharged together, then it is refreshed. */
static void choose_refresh(const dram_config *c, const dram_channel *ch, dram_choice *best)
{
    for (int32_t number = 0; number < c->ranks; number++) {
        const dram_rank *rank = &ch->rank[number];
        if (rank->due > best->time)
            continue;
        int is_open = (ch->banks.open & rank->mask) != 0;
        int64_t time = later(later(rank->due, ch->clock), is_open ? rank->pre_ready : rank->ref_ready);
        if (time < best->time || (time == best->time && best->bank != NONE)) {
            best->time = time;
            best->bank = NONE;
            best->rank = number;
            best->command = is_open ? DRAM_PREA : DRAM_REF;
        }
    }
}

/* The first clock at which the bus may take data of a request for an open row; none of these goes earlier. */
static inline int64_t bus_ready(const dram_config *c, const dram_channel *ch, const dram_queue *q, uint64_t hits)
{
    int64_t ready = NEVER;
    for (int64_t number = 0; number < c->ranks; number++) {
        if ((hits & ch->rank[number].mask) && q->rank_ready[number] < ready)
            ready = q->rank_ready[number];
    }
    return later(ready, ch->clock);
}

static inline dram_best best_column(const dram_config *c, const dram_channel *ch, const dram_queue *q, uint64_t hits)
{
    dram_best best = {UINT64_MAX, NONE};
    for (int64_t number = 0; number < c->ranks; number++) {
        const dram_rank *rank = &ch->rank[number];
        int64_t least = later(ch->clock, q->rank_ready[number]);
        uint64_t left = least < rank->due && least <= time_of(&best, ch) ? hits & rank->mask : 0;
        for (; left; left &= left - 1) {
            int64_t bank = lowest_bit(left);
            int64_t time = later(least, later(ch->banks.col_ready[bank], q->group_ready[bank >> c->to_group]));
            if (time < rank->due)
                consider(&best, ch, time, q->hit_seq[bank], bank);
        }
    }
    return best;
}

/* Precharges of banks with another row open, and activations of those that are closed. */
static inline dram_best best_row(const dram_config *c, const dram_channel *ch, const dram_queue *q, uint64_t waiting)
{
    const dram_banks *banks = &ch->banks;
    dram_best best = {UINT64_MAX, NONE};
    for (uint64_t left = waiting & banks->open; left; left &= left - 1) {
        int64_t bank = lowest_bit(left);
        int64_t time = later(ch->clock, banks->pre_ready[bank]);
        if (time < ch->rank[bank >> c->to_rank].due)
            consider(&best, ch, time, q->head_seq[bank], bank);
    }
    for (int64_t number = 0; number < c->ranks; number++) {
        const dram_rank *rank = &ch->rank[number];
        int64_t least = later(ch->clock, rank->act_ready);
        uint64_t left = least < rank->due && least <= time_of(&best, ch) ? waiting & ~banks->open & rank->mask : 0;
        for (; left; left &= left - 1) {
            int64_t bank = lowest_bit(left);
            int64_t time = later(least, later(banks->act_ready[bank], banks->group_act_ready[bank >> c->to_group]));
            if (time < rank->due)
                consider(&best, ch, time, q->head_seq[bank], bank);
        }
    }
    return best;
}

/* A column command goes before a row command that could be issued at the same time. A rank that is due takes neither.
 * While the bus is not ready, a row command that goes before it needs no look at the column commands. */
static dram_choice choose_request(const dram_config *c, const dram_channel *ch, int kind)
{
    const dram_queue *q = &ch->queue[kind];
    uint64_t waiting = c->in_order && q->waiting ? bit(oldest_bank(q)) : q->waiting, hits = waiting & q->hits;
    uint64_t others = waiting & ~hits;
    int64_t ready = bus_ready(c, ch, q, hits), row_time = NEVER, column_time = NEVER;
    dram_best column = {UINT64_MAX, NONE}, row = {UINT64_MAX, NONE};
    if (others && ready > ch->clock) {
        row = best_row(c, ch, q, others);
        row_time = time_of(&row, ch);
    }
    if (row_time >= ready) {
        column = best_column(c, ch, q, hits);
        column_time = time_of(&column, ch);
        if (others && ready == ch->clock && column_time > ch->clock) {
            row = best_row(c, ch, q, others);
            row_time = time_of(&row, ch);
        }
    }
    if (row_time < column_time) {
        int command = ch->banks.open & bit(row.bank) ? DRAM_PRE : DRAM_ACT;
        return (dram_choice){row_time, row.bank, command, 0};
    }
    return (dram_choice){column_time, column.bank, kind == DRAM_READ ? DRAM_RD : DRAM_WR, 0};
}

static dram_choice choose(const dram_config *c, dram_channel *ch)
{
    choose_mode(c, ch);
    dram_choice best = choose_request(c, ch, ch->draining ? DRAM_WRITE : DRAM_READ);
    if (best.bank != NONE)
        best.rank = (int32_t)(best.bank >> c->to_rank);
    choose_refresh(c, ch, &best);
    return best;
}

static void refresh(const dram_config *c, dram_channel *ch, const dram_choice *choice)
{
    dram_rank *rank = &ch->rank[choice->rank];
    ch->has_loose = 1;
    for (uint64_t left = rank->mask; left; left &= left - 1) {
        int64_t bank = lowest_bit(left);
        if (choice->command == DRAM_REF) {
            ch->banks.act_ready[bank] = choice->time + c->rfc;
        } else if (ch->banks.open & bit(bank)) {
            close_bank(c, ch, bank, choice->time);
            ch->loose[DRAM_PRECHARGES]++;
        }
    }
    if (choice->command == DRAM_REF) {
        rank->ref_ready = choice->time + c->rfc;
        rank->due += c->refi;
        ch->loose[DRAM_REFRESHES]++;
    }
}

/* Issue a command for a request; return the row, and the slot of its transfer. */
static int64_t serve(const dram_config *c, dram_channel *ch, const dram_choice *choice, int kind, int32_t *slot)
{
    const dram_queue *q = &ch->queue[kind];
    int is_column = choice->command == DRAM_RD || choice->command == DRAM_WR;
    dram_request *request = &ch->pool[is_column ? q->hit[choice->bank] : q->head[choice->bank]];
    int64_t row = ch->banks.row[choice->bank], *count = ch->progress[request->slot].count;
    *slot = request->slot;
    charge(c, ch, choice->time, count);
    if (ch->has_loose)
        settle_loose(ch, count);
    if (is_column) {
        access_column(c, ch, kind, choice->bank, choice->time);
    } else if (choice->command == DRAM_PRE) {
        close_bank(c, ch, choice->bank, choice->time);
        request->precharged = 1;
        count[DRAM_PRECHARGES]++;
    } else {
        row = request->row;
        activate(c, ch, choice->bank, row, choice->time);
        request->activated = 1;
        count[DRAM_ACTIVATES]++;
    }
    return row;
}

/* Make room for one more entry. */
static int grow_log(dram_log *log, int64_t size)
{
    if (size < log->room)
        return 1;
    int64_t room = log->room ? 2 * log->room : 256;
    dram_logged *entries = realloc(log->entries, (size_t)room * sizeof(*entries));
    if (entries == NULL)
        return 0;
    log->entries = entries;
    log->room = room;
    return 1;
}

static void record(dram_memory *memory, dram_channel *ch, int64_t number, const dram_choice *choice, int32_t slot,
                   int64_t row)
{
    const dram_config *c = &memory->config;
    if (!grow_log(&memory->log[number], ch->logged)) {
        memory->log_failed = 1;
        return;
    }
    dram_logged entry = {choice->time, choice->command, choice->rank, NONE, NONE, row, NONE};
    if (choice->bank != NONE) {
        entry.group = (int32_t)(choice->bank / c->banks % c->groups);
        entry.bank = (int32_t)(choice->bank % c->banks);
    }
    if (slot != NONE)
        entry.ticket = memory->transfer[slot].ticket;
    memory->log[number].entries[ch->logged++] = entry;
}

static void issue(dram_memory *memory, dram_channel *ch, int64_t number, const dram_choice *choice)
{
    const dram_config *c = &memory->config;
    int kind = ch->draining ? DRAM_WRITE : DRAM_READ;
    int32_t slot = NONE;
    int64_t row = NONE;
    if (choice->bank == NONE) {
        charge(c, ch, choice->time, ch->loose);
        refresh(c, ch, choice);
    } else {
        row = serve(c, ch, choice, kind, &slot);
    }
    if (memory->log != NULL)
        record(memory, ch, number, choice, slot, row);
    ch->clock = choice->time + 1;
    if (choice->command == DRAM_RD || choice->command == DRAM_WR)
        take_in(memory, ch, number, kind);
}

static void run_channel(dram_memory *memory, int64_t number, int64_t limit)
{
    dram_channel *ch = &memory->now[number];
    while (ch->clock < limit) {
        dram_choice choice = choose(&memory->config, ch);
        if (choice.time >= limit) {
            ch->clock = limit;
            break;
        }
        issue(memory, ch, number, &choice);
    }
}

/* ---- The memory --------------------------------------------------------------------------------------------------- */

static void run(dram_memory *memory, int64_t limit)
{
    for (int64_t number = 0; number < memory->config.channels; number++)
        run_channel(memory, number, limit);
    memory->ahead = later(memory->ahead, limit);
}

static void save(dram_memory *memory)
{
    size_t channels = (size_t)memory->config.channels, slots = (size_t)memory->slots;
    memcpy(memory->saved, memory->now, channels * sizeof(dram_channel));
    memcpy(memory->saved_progress, memory->progress, channels * slots * sizeof(dram_progress));
    memory->committed = memory->ahead;
}

static void put_back(dram_memory *memory)
{
    size_t channels = (size_t)memory->config.channels, slots = (size_t)memory->slots;
    memcpy(memory->now, memory->saved, channels * sizeof(dram_channel));
    memcpy(memory->progress, memory->saved_progress, channels * slots * sizeof(dram_progress));
    memory->ahead = memory->committed;
}

/* Make room for more transfers under way, right after `save`; return 0 if there is no memory. */
static int grow(dram_memory *memory)
{
    int64_t channels = memory->config.channels, before = memory->slots;
    int64_t slots = before ? 2 * before : FIRST_SLOTS;
    dram_transfer *transfer = realloc(memory->transfer, (size_t)slots * sizeof(*transfer));
    if (transfer != NULL)
        memory->transfer = transfer;
    dram_progress *progress = calloc((size_t)(channels * slots), sizeof(*progress));
    dram_progress *saved = calloc((size_t)(channels * slots), sizeof(*saved));
    if (transfer == NULL || progress == NULL || saved == NULL) {
        free(progress);
        free(saved);
        return 0;
    }
    for (int64_t slot = before; slot < slots; slot++)
        transfer[slot] = (dram_transfer){.ticket = NONE};
    for (int64_t number = 0; number < channels; number++) {
        if (before)
            memcpy(&progress[number * slots], &memory->progress[number * before], (size_t)before * sizeof(*progress));
        memory->now[number].progress = memory->saved[number].progress = &progress[number * slots];
    }
    free(memory->progress);
    free(memory->saved_progress);
    memory->progress = progress;
    memory->saved_progress = saved;
    memory->slots = slots;
    save(memory);
    return 1;
}

static void reset(const dram_config *c, dram_channel *ch)
{
    memset(ch, 0, sizeof(*ch));
    for (int kind = 0; kind < DRAM_KINDS; kind++)
        ch->cursor[kind].slot = ch->cursor[kind].last = NONE;
    for (int64_t bank = 0; bank < c->ranks * c->groups * c->banks; bank++) {
        ch->banks.row[bank] = NONE;
        ch->rank[bank >> c->to_rank].mask |= bit(bank);
    }
    for (int64_t i = 0; i < c->ranks; i++) {
        ch->rank[i].due = c->refresh ? c->refi + i * c->refi / c->ranks : NEVER;
        for (int j = 0; j < 4; j++)
            ch->rank[i].acts[j] = -c->faw;
    }
    for (int16_t i = 0; i < 2 * DRAM_QUEUE; i++)
        ch->pool[i].next = (int16_t)(i + 1);
}

dram_memory *dram_new(const dram_config *config, int32_t is_logged)
{
    size_t channels = (size_t)config->channels;
    dram_memory *memory = calloc(1, sizeof(*memory));
    if (memory == NULL)
        return NULL;
    memory->config = *config;
    memory->now = calloc(channels, sizeof(dram_channel));
    memory->saved = calloc(channels, sizeof(dram_channel));
    memory->log = is_logged ? calloc(channels, sizeof(dram_log)) : NULL;
    if (memory->now == NULL || memory->saved == NULL || (is_logged && memory->log == NULL)) {
        dram_free(memory);
        return NULL;
    }
    for (size_t i = 0; i < channels; i++)
        reset(config, &memory->now[i]);
    if (!grow(memory)) {
        dram_free(memory);
        return NULL;
    }
    return memory;
}

void dram_free(dram_memory *memory)
{
    for (int64_t slot = 0; slot < memory->slots; slot++) {
        free(memory->transfer[slot].blocks);
        free(memory->transfer[slot].list);
    }
    for (int64_t number = 0; memory->log != NULL && number < memory->config.channels; number++)
        free(memory->log[number].entries);
    free(memory->transfer);
    free(memory->progress);
    free(memory->saved_progress);
    free(memory->now);
    free(memory->saved);
    free(memory->log);
    free(memory);
}

/* How far to run in one call. */
static int64_t stretch(const dram_memory *memory) { return later(MOST_COMMANDS / memory->config.channels, 1); }

/* Run to a clock, before which nothing will be pushed. Return 0 if more calls are needed. */
int dram_advance(dram_memory *memory, int64_t clock)
{
    if (memory->ahead == clock)
        return 1;
    if (memory->ahead > clock) /* it had run on, in case nothing came */
        put_back(memory);
    int64_t most = memory->ahead + stretch(memory);
    run(memory, clock < most ? clock : most);
    if (memory->ahead < clock)
        return 0;
    save(memory);
    return 1;
}

/* Forget transfers that have been taken and were over in the state that is saved, too. */
static void release(dram_memory *memory)
{
    for (int64_t slot = 0; slot < memory->slots; slot++) {
        dram_transfer *t = &memory->transfer[slot];
        int is_over = t->ticket != NONE && t->taken;
        for (int64_t number = 0; is_over && number < memory->config.channels; number++)
            is_over = memory->saved_progress[number * memory->slots + slot].left == 0;
        if (is_over) {
            free(t->blocks);
            free(t->list);
            *t = (dram_transfer){.ticket = NONE};
        }
    }
}

/* Find a free slot; NONE if there is no memory for one. */
static int64_t free_slot(dram_memory *memory)
{
    release(memory);
    for (int64_t slot = 0; slot < memory->slots; slot++) {
        if (memory->transfer[slot].ticket == NONE)
            return slot;
    }
    int64_t slot = memory->slots;
    return grow(memory) ? slot : NONE;
}

/* Add the bursts from one to another, in a row, to their channels. */
static void count_run(dram_memory *memory, int64_t slot, int64_t first, int64_t last)
{
    const dram_config *c = &memory->config;
    int64_t length = (int64_t)1 << c->channel_shift, period = c->channels * length; /* of a channel's part, of all */
    int64_t whole = (last + 1 - first) / period * length;
    for (int64_t number = 0; whole && number < c->channels; number++)
        memory->now[number].progress[slot].left += whole;
    for (int64_t at = first + whole * c->channels; at <= last;) {
        int64_t end = (at | (length - 1)) < last ? (at | (length - 1)) : last;
        memory->now[(at >> c->channel_shift) & c->channel_mask].progress[slot].left += end + 1 - at;
        at = end + 1;
    }
}

/* Tell each channel how many bursts of a transfer it has to serve. */
static void count_bursts(dram_memory *memory, int64_t slot)
{
    const dram_transfer *t = &memory->transfer[slot];
    dram_cursor cursor = {.slot = slot};
    start_transfer(memory, &cursor);
    for (int64_t burst; (burst = next_burst(memory, t, &cursor)) != NONE;) {
        int64_t last = t->blocks != NULL ? cursor.run_end : burst;
        count_run(memory, slot, burst, last);
        if (t->blocks != NULL) {
            cursor.given = last;
            cursor.burst = last + 1;
        }
    }
}

/* Add a transfer at the clock that was advanced to, and own its blocks or list; return its ticket, or NONE. */
int64_t dram_push(dram_memory *memory, const dram_transfer *transfer)
{
    int64_t slot = free_slot(memory);
    if (slot == NONE)
        return NONE;
    int kind = transfer->kind;
    memory->transfer[slot] = *transfer;
    memory->transfer[slot].ticket = memory->tickets++;
    memory->transfer[slot].taken = 0;
    for (int64_t number = 0; number < memory->config.channels; number++)
        memory->now[number].progress[slot] = (dram_progress){.first = NEVER, .next = NONE};
    count_bursts(memory, slot);
    for (int64_t number = 0; number < memory->config.channels; number++) {
        dram_channel *ch = &memory->now[number];
        dram_cursor *cursor = &ch->cursor[kind];
        if (ch->progress[slot].left == 0)
            continue;
        if (cursor->slot == NONE) {
            cursor->slot = cursor->last = slot;
            start_transfer(memory, cursor);
            take_in(memory, ch, number, kind);
        } else {
            ch->progress[cursor->last].next = slot;
            cursor->last = slot;
        }
    }
    save(memory);
    return memory->transfer[slot].ticket;
}

/* When a transfer is done: NEVER if that is not known yet. */
static int64_t done_at(const dram_memory *memory, int64_t slot)
{
    int64_t done = 0;
    for (int64_t number = 0; number < memory->config.channels; number++) {
        const dram_progress *progress = &memory->now[number].progress[slot];
        if (progress->left)
            return NEVER;
        done = later(done, progress->done);
    }
    return done;
}

static int is_under_way(const dram_transfer *t) { return t->ticket != NONE && !t->taken; }

/* Run ahead until it is certain which transfer is done next, if nothing else comes; return when. NONE: none is left;
 * DRAM_UNKNOWN: more calls are needed. */
int64_t dram_next_done(dram_memory *memory)
{
    const dram_config *c = &memory->config;
    int64_t shortest = c->latency[DRAM_READ] < c->latency[DRAM_WRITE] ? c->latency[DRAM_READ] : c->latency[DRAM_WRITE];
    int64_t most = memory->ahead + stretch(memory);
    for (int64_t step = 64;; step *= 2) {
        int64_t best = NEVER, left = 0;
        for (int64_t slot = 0; slot < memory->slots; slot++) {
            if (is_under_way(&memory->transfer[slot])) {
                int64_t done = done_at(memory, slot);
                best = done < best ? done : best;
                left = 1;
            }
        }
        if (!left)
            return NONE;
        if (best != NEVER && best <= memory->ahead + shortest)
            return best;
        if (memory->ahead >= most)
            return DRAM_UNKNOWN;
        int64_t limit = memory->ahead + step < most ? memory->ahead + step : most;
        run(memory, best != NEVER && best - shortest < limit ? best - shortest : limit);
    }
}

/* Take one transfer that is done at a clock or before, the earliest and of these the oldest: its ticket, or NONE. */
int64_t dram_take(dram_memory *memory, int64_t clock, int64_t *first, int64_t *done, int64_t *count)
{
    int64_t chosen = NONE;
    *done = NEVER;
    for (int64_t slot = 0; slot < memory->slots; slot++) {
        const dram_transfer *t = &memory->transfer[slot];
        int64_t when = is_under_way(t) ? done_at(memory, slot) : NEVER;
        if (when <= clock && (when < *done || (when == *done && t->ticket < memory->transfer[chosen].ticket))) {
            *done = when;
            chosen = slot;
        }
    }
    if (chosen == NONE)
        return NONE;
    int64_t ticket = memory->transfer[chosen].ticket;
    *first = dram_first(memory, ticket);
    memset(count, 0, DRAM_COUNTERS * sizeof(*count));
    for (int64_t number = 0; number < memory->config.channels; number++) {
        for (int i = 0; i < DRAM_COUNTERS; i++)
            count[i] += memory->now[number].progress[chosen].count[i];
    }
    memory->transfer[chosen].taken = 1;
    return ticket;
}

/* When the first burst of a transfer that has not been taken entered a queue; NEVER if none has. */
int64_t dram_first(const dram_memory *memory, int64_t ticket)
{
    int64_t first = NEVER;
    for (int64_t slot = 0; slot < memory->slots; slot++) {
        if (memory->transfer[slot].ticket != ticket)
            continue;
        for (int64_t number = 0; number < memory->config.channels; number++) {
            int64_t when = memory->now[number].progress[slot].first;
            first = when < first ? when : first;
        }
    }
    return first;
}

/* Forget the commands so far; right after a push or an advance, when none of them can be taken back. */
void dram_clear_log(dram_memory *memory)
{
    for (int64_t number = 0; number < memory->config.channels; number++)
        memory->now[number].logged = memory->saved[number].logged = 0;
}
