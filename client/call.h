// The room as the person in front of the screen knows it: plain data, no SDL, no threads.
// Owned by the main thread; `app` changes it by applying notices (messages.h), `ui` and `ipc` read it.
#ifndef PARLOUR_CALL_H
#define PARLOUR_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CALL_MEMBERS_MAX = 50,   // WIRE limit: members per room
    CALL_NAME_MAX = 129,     // 32 code points of at most 4 bytes and the end
    CALL_TEXT_MAX = 8193,    // 8 KiB of chat text and the end
    CALL_HOSTS_MAX = 8,      // WIRE limits: hosts of a room,
    CALL_KNOCKS_MAX = 16,    // and who waits to be let in
    CALL_CHAT_MAX = 500,     // the oldest line goes first
    CALL_PEOPLE_MAX = 1000,  // who can be called
    CALL_MISSED_MAX = 20,    // of who has called most often the oldest goes first
    CALL_RECENT_MAX = 5,     // rooms one was in
    CALL_SENTENCE_MAX = 200, // a sentence for the person, and its second line
    CALL_ABOUT_MAX = 1025,   // 1 KiB of JSON a member says of itself, and the end
    CALL_TELL_MAX = 4097,    // 4 KiB that its program says to ours, and the end
    CALL_SHARES_MAX = 9,     // what can be shown: the screen, and windows
    CALL_FILES_MAX = 16,     // files on their way, and how the last ones ended
    CALL_FILE_NAME_MAX = 128 // 120 bytes (file_name.h), and the end
};

// What we know of who a member is. Only NEW and VERIFIED are given keys, shown and heard.
enum call_trust {
    CALL_TRUST_WAITING,     // the key exchange is not over
    CALL_TRUST_NEW,         // its keys are its own; who it is has not been compared
    CALL_TRUST_VERIFIED,    // compared once, by a person here
    CALL_TRUST_GHOST,       // the relay lists it; it has proved nothing
    CALL_TRUST_CHANGED,     // somebody else was known by this name
    CALL_TRUST_STRANGER,    // not on the list of those this box talks to
    CALL_TRUST_NOT_ADMITTED // no host has let it in
};

bool call_trust_good(enum call_trust trust);        // NEW or VERIFIED
const char *call_trust_name(enum call_trust trust); // "waiting", "new", "verified", "ghost", "changed", ...

// What a member is: what is not a person has no microphone to be muted, and does not count as somebody.
enum call_kind { CALL_KIND_PERSON, CALL_KIND_CAMERA, CALL_KIND_LIBRARY, CALL_KIND_FILM, CALL_KIND_RECORDER };

const char *call_kind_name(enum call_kind kind); // "person", "camera", ...

struct films; // client/library/films.h

struct call_member {
    uint16_t id;      // sender id in the room, never 0
    uint64_t join_id; // tells two joins of one id apart
    char name[CALL_NAME_MAX];
    uint8_t identity[32]; // public identity key; chooses the avatar's colour
    enum call_trust trust;
    bool known;                 // has been NEW or VERIFIED: one of us,
    uint64_t known_us;          // since then (clock_now_us)
    bool greet;                 // came while we were here: to be announced
    bool self;                  // me; always the last of `members`
    bool muted;                 // microphone off (as that member says),
    uint64_t muted_us;          // since then (clock_now_us)
    bool camera;                // camera on (as that member says)
    enum call_kind kind;        // these four as that member says
    bool screen;                // it shows its screen
    bool recording;             // it records
    char about[CALL_ABOUT_MAX]; // JSON, by kind; "" = nothing
    bool hand;                  // raised hand,
    uint32_t hand_turn;         // and which one it was in this room: the lowest was raised first
    bool told;                  // has said what it does since it came: what it says then has changed
    bool host;
    bool away;         // nothing heard for 4 s, as the relay says: no tile, no notice
    bool has_key;      // we hold its sender key: it can be seen and heard
    bool paused;       // no picture of his fits through our way down now
    bool speaking;     // measured here, never claimed by the sender; who says that he is muted, too
    uint64_t heard_us; // sound of his was played last (clock_now_us); 0 = never. What is heard has a tile
    float level;       // 0..1, smoothed
    int volume;        // percent of what it sends, 0..200, as a person here wants it
};

enum call_person_state { CALL_PERSON_FREE, CALL_PERSON_BUSY, CALL_PERSON_AWAY };

struct call_person { // on the home screen: who can be called
    char name[CALL_NAME_MAX];
    uint8_t identity[32];
    enum call_person_state state;
    bool answers;          // by itself, whom it has paired
    enum call_trust trust; // NEW, VERIFIED, CHANGED or STRANGER
    bool paired, met;      // with us; we have talked before
};

enum call_end { // how a call ended before it began
    CALL_END_CANCELLED,
    CALL_END_NOT_NOW,
    CALL_END_BUSY,
    CALL_END_NO_ANSWER,
    CALL_END_GONE
};

// A call that rings: theirs here (phase RINGING) or ours there (phase CALLING).
struct call_ring {
    uint32_t id; // 0: ours, and the relay has not said yet that it rings
    char name[CALL_NAME_MAX];
    uint8_t identity[32];
    enum call_trust trust;
    bool paired, met;
    bool picture;           // theirs: with a picture
    uint64_t since_us;      // clock_now_us
    uint64_t answers_at_us; // theirs: answered by itself then; 0 = by a person only
};

struct call_missed {
    char name[CALL_NAME_MAX];
    uint8_t identity[32];
    int64_t at_ms; // wall clock
    bool seen;     // a person has been at the home screen since
};

struct call_recent { // a room one was in; its link is app's secret
    char code[7];
    int64_t left_ms; // wall clock
};

struct call_knock { // somebody waits to be let in
    uint32_t id;
    char name[CALL_NAME_MAX]; // as he says
    uint8_t identity[32];     // as he says; his signature has been checked
    enum call_trust trust;    // NEW, VERIFIED or CHANGED
    bool met;                 // we have talked before
};

enum call_compare_state {
    CALL_COMPARE_NONE,
    CALL_COMPARE_ASKED,  // waiting for the other side
    CALL_COMPARE_NUMBER, // `compare_number` is to be read out to each other
    CALL_COMPARE_FAILED  // somebody in between, or the other side has gone
};

struct call_chat_line {
    uint32_t number; // never repeats in a process; in the order they came here, not that of the log
    uint64_t id;     // the author's; with `identity` it tells lines apart in the whole room. 0 = none
    uint8_t identity[32];
    uint16_t from;
    char name[CALL_NAME_MAX];
    char *text;    // owned by the log, valid UTF-8, cleaned for display
    int64_t at_ms; // wall clock, ms since 1970, when it was sent or came
    uint16_t to;   // to one member alone; 0 = to all
    char to_name[CALL_NAME_MAX];
    char told_by[CALL_NAME_MAX]; // older: who was here and told it
    bool mine;
    bool older;     // from before we came, told by somebody who was here
    bool delivered; // mine only: somebody whom it is for has it
    bool lost;      // mine only: it could not be sent
};

enum call_file_state {
    CALL_FILE_PREPARING, // ours: it is read, and its sum taken
    CALL_FILE_OFFERED,   // ours: nobody has taken it yet
    CALL_FILE_ASKED,     // theirs: our person is asked
    CALL_FILE_RUNNING,
    CALL_FILE_WAITING, // no network, he is away, or nothing comes of it: it goes on by itself
    CALL_FILE_DONE,    // this and what follows: it is over
    CALL_FILE_REFUSED,
    CALL_FILE_CANCELLED,
    CALL_FILE_FAILED // `sentence` says why, `advice` what to do
};

const char *call_file_state_name(enum call_file_state state); // "preparing", "offered", ...
bool call_file_over(enum call_file_state state);

struct call_file {
    uint32_t id; // never repeats in a process
    bool out;    // ours
    enum call_file_state state;
    char name[CALL_FILE_NAME_MAX]; // cleaned
    uint64_t size, done;           // bytes; done: read while it is prepared, else acked or written
    double rate;                   // bytes a second; 0 = not known
    uint16_t member;               // from him; or to him, 0 = all
    char who[CALL_NAME_MAX];       // his name; "" = all
    unsigned takers, finished;     // ours: who takes it, and who has it
    char sentence[CALL_SENTENCE_MAX], advice[CALL_SENTENCE_MAX];
    bool again;     // it is over, and can be tried again from here
    uint64_t at_us; // when it changed its state last
};

struct call_share {
    bool on;                                     // this box shows something,
    char what[CALL_NAME_MAX];                    // a window of that title; "" = the whole screen
    bool seen;                                   // and it can be looked at here, too: it does not show itself in itself
    char choice[CALL_SHARES_MAX][CALL_NAME_MAX]; // what could be shown: titles, cleaned; the first, "", is the screen
    size_t count;
};

enum call_phase {
    CALL_HOME,    // no room; the home screen
    CALL_CALLING, // it rings at somebody's: `ring`
    CALL_RINGING, // somebody calls us: `ring`; camera and microphone are off
    CALL_JOINING, // asked for a room, waiting for the first answer
    CALL_IN_ROOM,
    CALL_RECONNECTING, // was in a room; trying again for ever, pictures stay
    CALL_FAILED        // refused for good: `sentence` says why, `advice` what to do
};

// A key is held that turns the microphone around while it is down.
enum call_hold { CALL_HOLD_NONE, CALL_HOLD_TALK, CALL_HOLD_SILENT };

// Trying camera and sound, at the home screen.
enum call_trial_step { CALL_TRIAL_READY, CALL_TRIAL_LISTENS, CALL_TRIAL_RECORDS, CALL_TRIAL_PLAYS };
enum call_trial_result {
    CALL_TRIAL_NONE,
    CALL_TRIAL_WORKS,     // the microphone has heard the loudspeaker
    CALL_TRIAL_NOT_HEARD, // it has not
    CALL_TRIAL_SILENT,    // it hears nothing at all
    CALL_TRIAL_PLAYED     // the person has heard himself
};

struct call_trial {
    bool open;
    enum call_trial_step step;
    enum call_trial_result result;
    float level;                   // of the microphone, 0..1
    uint64_t quiet_us;             // nothing has been heard since
    bool no_microphone, no_camera; // this box is to have none
};

struct call {
    enum call_phase phase;
    char code[7];                               // six digits, or ""
    char back_code[7];                          // the room one can go back to from the home screen, or ""
    struct call_recent recent[CALL_RECENT_MAX]; // the newest first; the first is back_code's
    size_t recent_count;
    bool registered;                            // we can be called
    bool name_taken;                            // we cannot: somebody else is called so
    struct call_person people[CALL_PEOPLE_MAX]; // by name; not me
    size_t people_count;
    struct call_ring ring;                      // phases CALLING, RINGING
    struct call_missed missed[CALL_MISSED_MAX]; // the newest first
    size_t missed_count;
    bool private_call; // the room is a call of two: no number, no hosts' acts, over when one leaves
    char invite[512];  // parlour://... with its secrets, or ""
    struct call_member members[CALL_MEMBERS_MAX]; // in order of joining, self last
    size_t member_count;
    bool waiting; // we knocked, and wait to be let in
    bool lobby, locked;
    bool state_told;                           // they and the hosts have been heard since we came
    uint32_t hand_turns;                       // hands raised since we came
    uint32_t epoch;                            // counts changes of hosts, lobby, lock, and kicks
    struct call_knock knocks[CALL_KNOCKS_MAX]; // told to hosts only; the longest first
    size_t knock_count;
    struct call_chat_line chat[CALL_CHAT_MAX];
    size_t chat_count;
    size_t chat_mark;      // where lines of before we came (back) belong
    uint32_t chat_changes; // counts up with each change of the log
    char safety_code[30];  // 5 x 5 digits over the members who have proved who they are, or ""
    uint16_t compare_with; // whom we compare numbers with
    enum call_compare_state compare;
    char compare_number[7];
    unsigned chat_unread;                   // lines of others since the chat was last open
    struct call_file files[CALL_FILES_MAX]; // the oldest first
    size_t file_count;
    const struct films *films; // what libraries have, and what plays; NULL = nothing
    struct call_share share;
    char sentence[CALL_SENTENCE_MAX];
    char advice[CALL_SENTENCE_MAX];
    bool relay_reached;            // the control connection stands
    bool microphone_on, camera_on; // what the person wants
    int loudness;                  // of the loudspeaker, percent
    struct call_trial trial;
    enum call_hold hold;                                      // microphone_on says what comes of it
    bool microphone_missing, camera_missing, speaker_missing; // no device
};

// How many members are people, I among them.
size_t call_people(const struct call *call);
// Somebody who came while we were here, by what we know of him now: to be announced, once. Cameras and the like are
// not.
bool call_greets(const struct call_member *member, enum call_kind kind);
// What it is counts as it was told first: or a person could become a thing that nobody sees, and listen.
void call_learn_kind(struct call_member *member, enum call_kind kind);
// That it has come is said in words: also of what has no picture, so that nobody listens unseen. Of a recorder its
// recording is said, and a camera shows itself.
bool call_says_joined(const struct call_member *member);
// Sound over this level is a voice; the tile adds its own delays (LOOK §5).
#define CALL_SPEAKING_LEVEL 0.02f
// What is played of him now, or captured of me, is this loud. True when something has changed that is to be seen.
bool call_hear(struct call_member *member, float level, uint64_t now_us);
// Find a member; NULL when there is none.
struct call_member *call_member_by_id(struct call *call, uint16_t id);
struct call_member *call_self(struct call *call);

// Append a chat line (text is copied); drops the oldest line when the log is full. Returns the line.
struct call_chat_line *call_chat_add(struct call *call, uint16_t from, const char *name, const char *text,
                                     int64_t at_ms, bool mine);
// A line of before we came (back), at its place in the log; NULL when it is there already, or there is no room for it.
struct call_chat_line *call_chat_insert(struct call *call, uint64_t id, const uint8_t identity[32], const char *name,
                                        const char *text, int64_t at_ms, bool mine);
// A line of ours by its number; NULL when it has gone.
struct call_chat_line *call_chat_mine(struct call *call, uint32_t number);
struct call_knock *call_add_knock(struct call *call, uint32_t id, const char *name); // NULL when there are too many
void call_remove_knock(struct call *call, uint32_t id);
// True when it goes up: it gets the next turn.
bool call_set_hand(struct call *call, struct call_member *member, bool up);
struct call_file *call_file_by_id(struct call *call, uint32_t id); // NULL: there is none
// One more, with an id; what is over longest makes room. NULL when all are on their way.
struct call_file *call_file_add(struct call *call);
void call_clear_room(struct call *call); // forget members and code; the chat stays
void call_clear_chat(struct call *call); // another conversation begins: nobody reads what was said in the last
// Somebody in the list of people; NULL when there is none.
struct call_person *call_person_by_identity(struct call *call, const uint8_t identity[32]);
void call_add_missed(struct call *call, const char *name, const uint8_t identity[32], int64_t at_ms);
void call_destroy(struct call *call);

#endif
