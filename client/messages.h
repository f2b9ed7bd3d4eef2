// What crosses threads in the client. Commands go down (main -> net), notices come up (any -> main). A message is
// moved: whoever takes it frees it.
#ifndef PARLOUR_MESSAGES_H
#define PARLOUR_MESSAGES_H

#include "call.h"
#include "device_names.h"

enum command_type {
    COMMAND_CREATE, // flag: with a lobby
    COMMAND_JOIN,
    COMMAND_LEAVE,
    COMMAND_CHAT,         // text
    COMMAND_STATE,        // microphone, camera, hand, screen, recording, kind; text = about (JSON) or NULL
    COMMAND_TELL,         // member, 0 = all; text: a JSON object of at most CALL_TELL_MAX - 1 bytes, for its program
    COMMAND_HOST,         // order, and member, knock or flag with it
    COMMAND_REFRESH,      // member, slot: a decoder needs a keyframe
    COMMAND_COMPARE,      // member: let both persons see a number
    COMMAND_COMPARE_STOP, // member
    COMMAND_VERIFIED,     // member: a person has compared it; 0: what this box knows of people has changed
    COMMAND_TRUST,        // member: a person accepts that this name is somebody else's now
    COMMAND_CALL,         // identity; flag: with a picture
    COMMAND_ANSWER,       // ring
    COMMAND_HANGUP,       // ring, end: stop calling (CANCELLED), or do not answer (NOT_NOW, BUSY)
    COMMAND_PRESENCE,     // flag: away; answers: by itself, whom it has paired
    COMMAND_NAME,         // text: ours, from the next connection on
    COMMAND_VIEW,         // view: whom the screen shows, and how large
    COMMAND_LAYERS,       // layers: what our picture's source has, coded already; none = nothing now
    // file.id in all of them; what else they have:
    COMMAND_FILE_OFFER,  // member (0 = all who are here), identity (of the one): name, size, root
    COMMAND_FILE_STREAM, // answers NOTICE_FILE_ACCEPTED: pipe, to be read to its end
    COMMAND_FILE_ACCEPT, // have, pipe to be filled; answers NOTICE_FILE_OFFER, and NOTICE_FILE_AGAIN
    COMMAND_FILE_REFUSE, // what is offered to us
    COMMAND_FILE_CANCEL, // either way; for all. Nothing more is said of it to main
    COMMAND_FILE_FULL,   // what comes has no room now: the stream ends, and it is accepted anew when there is
    COMMAND_FILE_DONE    // flag: what came is whole, and kept; else it is of no use. Nothing more is said of it
};

enum command_order {
    COMMAND_ADMIT, // knock
    COMMAND_DENY,  // knock
    COMMAND_KICK,  // member
    COMMAND_LOCK,  // flag
    COMMAND_LOBBY, // flag
    COMMAND_ROLE,  // member, flag: host from now on
    COMMAND_MUTE,  // member, 0 = all others
    COMMAND_END
};

struct command_view { // one of the others
    uint16_t member;
    uint16_t height; // of his place on the screen, pixels; 0 = he has none
    bool speaker;    // who talks
    bool pinned;
    uint8_t only;      // 1 + the layer a person has chosen; 0 = by its size
    bool none;         // nothing of him is for us: neither picture nor sound
    bool screen;       // what he shows, not his camera
    uint64_t spoke_us; // was heard last; 0 = never
};

struct file_pipe;
enum { MESSAGE_FILE_NAME = 301, MESSAGE_FILE_HAVE = 256 }; // bytes: a name of 300; 2048 blocks of 1 MiB are 2 GiB

// About a file that goes or comes. Of `name` nothing is cleaned yet (client/file_name.h).
// Why a file waits; it goes on by itself.
enum message_wait {
    MESSAGE_WAIT_NOT,
    MESSAGE_WAIT_LINE,  // for the network, for who is away, or nobody knows for what
    MESSAGE_WAIT_STUCK, // goes: he who has taken it takes nothing out of it
    MESSAGE_WAIT_FULL   // goes: he has no room for it now
};

struct message_file {
    uint32_t id; // never 0, never used twice. Even and main's choice: it goes. Odd and net's: it comes
    char name[MESSAGE_FILE_NAME];
    uint64_t size;
    uint8_t root[32];
    uint8_t have[MESSAGE_FILE_HAVE]; // bit 7 - i mod 8 of byte i / 8: block i is there and verified
    size_t have_size;                // bytes of it; what lies beyond is not there
    struct file_pipe *pipe;          // a hold for net, which sets how its end is woken; NULL once taken
    enum message_wait waiting;       // goes: the notice's member is whom it waits for, when it is one alone
    uint64_t moved;                  // bytes of the stream so far: sent and acknowledged by all, or come
    double rate;                     // bytes a second, lately
    // In all notices about one that goes; of those it was offered to: have accepted; have said that they have it; may
    // still do either. With open 0 it is over, and net has forgotten it.
    unsigned takers, finished, open;
};

struct command {
    enum command_type type;
    enum command_order order; // COMMAND_HOST
    uint32_t knock;
    bool flag;
    uint32_t code;          // COMMAND_JOIN
    bool has_invite_key;    // COMMAND_JOIN: false = by the number alone
    uint8_t invite_key[16]; // COMMAND_JOIN
    bool has_passphrase;    // COMMAND_CREATE, COMMAND_JOIN
    bool elsewhere;         // COMMAND_CREATE, COMMAND_JOIN: for the relay the link is about to go to
    uint8_t pass_root[32];  // of the passphrase, see shared/cpace.h
    char *text;             // COMMAND_CHAT, owned
    uint32_t chat_number;   // COMMAND_CHAT: the line in the log
    uint64_t line_id;       // COMMAND_CHAT: drawn for it
    int64_t at_ms;          // COMMAND_CHAT: when it was written, wall clock
    bool microphone, camera, hand, screen, recording;
    enum call_kind kind;
    uint16_t member;      // COMMAND_CHAT: 0 = to all
    uint8_t identity[32]; // COMMAND_TRUST: whom the person saw; COMMAND_CHAT: to whom alone; COMMAND_CALL
    uint32_t ring;        // COMMAND_ANSWER, COMMAND_HANGUP; 0 = ours, which the relay has not answered yet
    enum call_end end;
    bool answers;
    uint8_t slot;
    struct command_view *view; // COMMAND_VIEW, owned
    struct command_layer {
        unsigned width, height, fps, kbps; // kbps 0 = there is no such layer
    } layers[4];                           // COMMAND_LAYERS
    size_t view_count;
    struct message_file *file; // COMMAND_FILE_..., owned
};

enum notice_type {
    NOTICE_ROOM,       // we are in: code, invite_key, member (self); resumed = it is the room we were in
    NOTICE_JOINED,     // member, join_id, name, identity
    NOTICE_LEFT,       // member
    NOTICE_AWAY,       // member, flag
    NOTICE_KEY,        // member: we hold its key
    NOTICE_STATE,      // member, microphone, camera, hand, screen, recording, kind; text = about (JSON) or NULL
    NOTICE_TELL,       // member, text: a JSON object that its program says to ours; alone
    NOTICE_CHAT,       // member, name, identity, text, line_id; alone. older, missed: at_ms, advice = who tells it
    NOTICE_DELIVERED,  // chat_number
    NOTICE_CHAT_LOST,  // chat_number: it will not be sent
    NOTICE_RELAY,      // flag: the control connection stands
    NOTICE_CONNECTION, // flag: the media path works; false = reconnecting
    NOTICE_REFUSED,    // text = what happened, advice; exit_code for headless; flag = a person decided it
    NOTICE_DEVICE_USE, // one works: device, code = enum sound_said, text = what is wanted, advice = what serves
    NOTICE_DEVICE,     // text = a sentence about a device, device = which; empty text = it works again
    NOTICE_WAITING,    // we knocked, and wait to be let in
    NOTICE_ROOM_STATE, // lobby, locked, epoch, hosts
    NOTICE_KNOCK,      // knock, name, identity: somebody waits to be let in
    NOTICE_KNOCK_GONE, // knock
    NOTICE_MUTE,       // member, name: a host asks us to mute
    NOTICE_DRAINING,   // the relay will be restarted
    NOTICE_NOT_DONE,   // text = why the relay did not do what we ordered
    NOTICE_TRUST,      // member, trust
    NOTICE_COMPARE,    // member, compare, text = the number or NULL
    NOTICE_REGISTERED, // flag: we are in the list of people; `taken`: we are not, somebody else is called so
    NOTICE_PEOPLE,     // the list is told anew: forget the one before
    NOTICE_PERSON,     // name, identity, person, answers, trust; flag: gone
    NOTICE_RINGING,    // somebody calls: ring, name, identity, trust; flag: with a picture
    NOTICE_CALLING,    // ours rings there: ring, identity
    NOTICE_CALL_ENDED, // it rings no more: ring, end, identity; ring 0: ours could not begin, or one we were in
    NOTICE_MISSED,     // somebody called while we were in a call: name, identity
    NOTICE_PICTURE,    // member, flag: his does not come now, the way down is too weak for it
    // file.id in all of them, and member, name, identity: whom it is with. What else they have:
    NOTICE_FILE_OFFER,     // comes: file.name, size, root
    NOTICE_FILE_ACCEPTED,  // goes: file.have = blocks that nobody needs; takers. Main answers with COMMAND_FILE_STREAM
    NOTICE_FILE_REFUSED,   // goes: he does not want it
    NOTICE_FILE_CANCELLED, // by him; flag: he has left for good, or begins anew. member 0: it could
                           // not be offered, or we have left the room. One that comes is over with it
    NOTICE_FILE_DONE,      // goes: he has it; flag = whole. Comes: it cannot be what was offered, and is over
    NOTICE_FILE_AGAIN,     // comes: the stream begins anew. Main closes its pipe and accepts again with what it has now
    NOTICE_FILE_STATE,     // waiting, moved, rate; at most 4 a second
    NOTICE_SHARE_OVER,     // what this box shows is over by itself: knock = which time, text = why
    NOTICE_STATS_READY     // a new statistics snapshot lies in its slot
};

struct notice {
    enum notice_type type;
    uint16_t member;
    uint64_t join_id;
    uint32_t code;
    uint32_t chat_number;
    uint8_t invite_key[16], identity[32];
    char name[CALL_NAME_MAX];
    char *text, *advice; // owned
    int64_t at_ms;
    bool flag, resumed, microphone, camera, hand, silent; // silent: no toast, no sound
    bool screen, recording;
    enum call_kind kind;
    enum devices_kind device;
    bool has_passphrase;             // NOTICE_ROOM: who knows it may come in
    enum call_trust trust;           // NOTICE_TRUST, NOTICE_KNOCK
    enum call_compare_state compare; // NOTICE_COMPARE
    uint32_t ring;
    enum call_end end;
    enum call_person_state person;
    bool answers;
    bool gone;         // NOTICE_REFUSED: there is no such room
    bool taken;        // NOTICE_REGISTERED: the name is
    bool private_call; // NOTICE_ROOM: a call of two
    bool older;        // NOTICE_CHAT: from before we came
    bool missed;       // NOTICE_CHAT: from while we were away
    uint64_t line_id;  // NOTICE_CHAT: the author's; 0 = none
    bool alone;        // NOTICE_CHAT: to us alone
    uint32_t knock, epoch;
    uint16_t hosts[CALL_HOSTS_MAX];
    size_t host_count;
    bool lobby, locked;
    int exit_code;
    struct message_file *file; // NOTICE_FILE_..., owned
};

void command_free(struct command *c); // contents and the message itself
void notice_free(struct notice *n);
// Without it the screen would be wrong about who is here, who is trusted, or whom we obey.
bool notice_matters(enum notice_type type);
struct notice *notice_new(enum notice_type type);
struct command *command_new(enum command_type type);
struct command *command_file_new(enum command_type type, uint32_t id); // with a `file`

#endif
