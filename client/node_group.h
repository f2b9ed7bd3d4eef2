// What the nodes of one process share (node.h): whom this machine knows, where they go, what they wait at, and the
// signals that end them.
#ifndef PARLOUR_NODE_GROUP_H
#define PARLOUR_NODE_GROUP_H

#include "client_options.h"
#include "identities.h"

#include <stdbool.h>
#include <stdint.h>

struct node;
struct node_group;

enum { NODE_GROUP_MAX = 64 }; // nodes at a time

// `options` must outlive it. NULL with a sentence on stderr, and *exit_code set. From now on SIGINT and SIGTERM only
// make node_group_ended true.
struct node_group *node_group_create(const struct client_options *options, int *exit_code);
void node_group_destroy(struct node_group *g); // after its nodes; NULL is fine

// The owner's thread: sleep until woken, or until then (CLOCK_MONOTONIC us). A second at the most.
void node_group_wait(struct node_group *g, uint64_t until_us);
void node_group_wake(void *group); // any thread
bool node_group_ended(void);       // somebody wants the program to end

// For node.c: what all of them need, and to be told when this machine's list of identities changes.
bool node_group_add(struct node_group *g, struct node *n); // false: too many
void node_group_remove(struct node_group *g, struct node *n);
const struct client_options *node_group_options(const struct node_group *g);
struct identities *node_group_identities(struct node_group *g);
const char *node_group_pins(const struct node_group *g);
const uint8_t *node_group_pass_root(const struct node_group *g); // 32 bytes; NULL: no passphrase was given
// Where the identity of a node of this name is kept: the same name is the same member each time.
bool node_group_identity_path(const struct node_group *g, const char *name, char out[PATHS_MAX]);

#endif
