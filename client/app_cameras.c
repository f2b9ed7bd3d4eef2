// Members that are cameras, by the numbers they are asked for by.
#include "app_parts.h"

#include "shared/clock.h"

#include <string.h>

enum { CAMERA_ID_MAX = 65535 };

void app_cameras_newest(struct app *a, struct stats_stream *st, uint64_t now_us)
{
    uint32_t ts;
    int64_t age_us;
    st->seq = 0;
    st->age_ms = -1;
    if (strcmp(st->slot, "camera") != 0 || !receivers_newest(a->receivers, st->member, now_us, &ts, &age_us))
        return;
    st->seq = stats_picture_number(st, ts);
    st->age_ms = age_us < 0 ? -1 : (double)age_us / 1000;
}

// What it says of itself, an object; NULL: it is no camera. Owned by the caller.
static json_t *about_of(const struct call_member *m)
{
    json_t *about = m->kind == CALL_KIND_CAMERA && !m->self ? json_loads(m->about, 0, NULL) : NULL;
    if (m->kind == CALL_KIND_CAMERA && !m->self && !about)
        about = json_object();
    return about;
}

static json_int_t number(const json_t *about, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(about, key));
    return n > 0 && n <= CAMERA_ID_MAX ? n : 0;
}

static bool on_screen(const struct app *a, uint16_t member)
{
    for (size_t i = 0; i < a->view.count; i++)
        if (a->view.seen[i].member == member)
            return a->view.seen[i].height > 0;
    return false;
}

static json_t *one(struct app *a, const struct call_member *m, const json_t *about, uint64_t now_us)
{
    struct stats_stream none = {.age_ms = -1}, *st = stats_find(&a->stats, m->id, "camera");
    if (st)
        app_cameras_newest(a, st, now_us);
    else
        st = &none;
    json_t *o =
        json_pack("{s:I,s:i,s:s,s:I,s:I,s:I,s:b,s:b}", "id", number(about, "id"), "member", (int)m->id, "name", m->name,
                  "width", number(about, "w"), "height", number(about, "h"), "fps", number(about, "fps"), "up",
                  m->camera, "direct", json_is_true(json_object_get(about, "direct")));
    json_object_set_new(o, "seq", json_integer(st->seq));
    json_object_set_new(o, "age_ms", json_real(st->age_ms));
    json_object_set_new(o, "watched", json_boolean(m->camera && on_screen(a, m->id)));
    return o;
}

json_t *app_cameras_list(struct app *a)
{
    json_t *list = json_array();
    uint64_t now = clock_now_us();
    for (size_t i = 0; i < a->call.member_count; i++) {
        const struct call_member *m = &a->call.members[i];
        json_t *about = m->away ? NULL : about_of(m);
        if (about)
            json_array_append_new(list, one(a, m, about, now));
        json_decref(about);
    }
    return list;
}

const char *app_cameras_watch(struct app *a, unsigned id, bool on)
{
    for (size_t i = 0; i < a->call.member_count; i++) {
        const struct call_member *m = &a->call.members[i];
        json_t *about = m->away ? NULL : about_of(m);
        bool it = about && number(about, "id") == (json_int_t)id;
        json_decref(about);
        if (it && a->ui)
            ui_pin(a->ui, m->id, on);
        if (it)
            return NULL;
    }
    return "no camera has this number";
}
