// A file of ours that is offered: opened once, read once for its hashes, and again block by block when somebody takes
// it. What has been changed in between is not sent. The file thread only.
#ifndef PARLOUR_FILE_SOURCE_H
#define PARLOUR_FILE_SOURCE_H

#include "file_blocks.h"
#include "file_trouble.h"

struct file_source {
    int fd;
    struct file_blocks *blocks; // owned; once all are hashed it can be offered
};

enum file_trouble file_source_open(struct file_source *s, const char *path); // on trouble nothing is left to close
void file_source_close(struct file_source *s);
// The next block is read and hashed; `scratch`: FILE_BLOCK_RAW. Not when all have been.
enum file_trouble file_source_hash(struct file_source *s, uint8_t *scratch);
bool file_source_ready(const struct file_source *s);
// A block into `raw` (FILE_BLOCK_RAW), as it was hashed.
enum file_trouble file_source_read(const struct file_source *s, uint32_t block, uint8_t *raw);

#endif
