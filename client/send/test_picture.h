// Pure: the picture of `--camera test`: a moving pattern, a running clock, a frame counter, and the same two numbers as
// a strip of black and white cells that survives coding, so that a test can tell which frame is on a screen and when
// it was made.
#ifndef PARLOUR_TEST_PICTURE_H
#define PARLOUR_TEST_PICTURE_H

#include "shared/base.h"

struct test_picture; // the still parts, drawn once

struct test_picture *test_picture_create(unsigned width, unsigned height); // both even, at least 320x180
void test_picture_destroy(struct test_picture *t);
// Draw frame `counter`, captured at capture_us, into I420 planes of the created size.
void test_picture_draw(const struct test_picture *t, uint32_t counter, uint64_t capture_us, uint8_t *const planes[3],
                       const int strides[3]);
// Read the strip out of a luma plane (any size the picture was scaled to). False when its checksum does not fit.
// *capture_us is exact to 1 ms and modulo 2^32 ms.
bool test_picture_read(const uint8_t *luma, int stride, unsigned width, unsigned height, uint32_t *counter,
                       uint32_t *capture_ms);

#endif
