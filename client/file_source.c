#define _GNU_SOURCE
#include "file_source.h"

#include "shared/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum file_trouble judge(int fd, struct stat *st)
{
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? FILE_TROUBLE_GONE : FILE_TROUBLE_UNREADABLE;
    if (fstat(fd, st))
        return FILE_TROUBLE_UNREADABLE;
    if (!S_ISREG(st->st_mode))
        return FILE_TROUBLE_NO_FILE;
    return (uint64_t)st->st_size > FILE_SIZE_MAX ? FILE_TROUBLE_TOO_LARGE : FILE_TROUBLE_NONE;
}

enum file_trouble file_source_open(struct file_source *s, const char *path)
{
    struct stat st;
    *s = (struct file_source){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    enum file_trouble trouble = judge(s->fd, &st);
    if (trouble) {
        file_source_close(s);
        return trouble;
    }
    s->blocks = base_alloc(sizeof *s->blocks);
    file_blocks_init(s->blocks, (uint64_t)st.st_size);
    return FILE_TROUBLE_NONE;
}

void file_source_close(struct file_source *s)
{
    if (s->fd >= 0)
        close(s->fd);
    free(s->blocks);
    *s = (struct file_source){.fd = -1};
}

// A file may have become shorter.
static enum file_trouble read_whole(const struct file_source *s, uint32_t block, uint8_t *raw)
{
    uint32_t size = file_blocks_length(s->blocks, block);
    for (size_t got = 0; got < size;) {
        ssize_t k = pread(s->fd, raw + got, size - got, (off_t)((uint64_t)block * FILE_BLOCK_RAW + got));
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return k == 0 ? FILE_TROUBLE_CHANGED : FILE_TROUBLE_UNREADABLE;
        got += (size_t)k;
    }
    return FILE_TROUBLE_NONE;
}

enum file_trouble file_source_hash(struct file_source *s, uint8_t *scratch)
{
    uint8_t hash[FILE_BLOCK_HASH];
    uint32_t block = s->blocks->had;
    enum file_trouble trouble = read_whole(s, block, scratch);
    if (trouble)
        return trouble;
    file_blocks_hash(hash, scratch, file_blocks_length(s->blocks, block));
    file_blocks_add(s->blocks, block, hash);
    return FILE_TROUBLE_NONE;
}

bool file_source_ready(const struct file_source *s)
{
    return s->blocks && s->blocks->had == s->blocks->count;
}

enum file_trouble file_source_read(const struct file_source *s, uint32_t block, uint8_t *raw)
{
    uint8_t hash[FILE_BLOCK_HASH];
    enum file_trouble trouble = read_whole(s, block, raw);
    if (trouble)
        return trouble;
    file_blocks_hash(hash, raw, file_blocks_length(s->blocks, block));
    return memcmp(hash, s->blocks->hash[block], sizeof hash) == 0 ? FILE_TROUBLE_NONE : FILE_TROUBLE_CHANGED;
}
