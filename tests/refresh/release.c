/*
 * A stand-in for a release, for the tests of the refresh: it speaks the contract of src/refresh/contract.rs and nothing
 * else, and misbehaves where its image's environment says so. Its "database" is one number in data/schema, and its records
 * are the lines of data/records, to which only is added.
 *
 *   RELEASE_VERSION, RELEASE_COMMIT   what it says it is
 *   RELEASE_SCHEMA                    the schema that it migrates to (default 1)
 *   RELEASE_SERVE                     exits | deaf | silent | wrong-digest | unready
 *   RELEASE_WORK                      works | failed | untested | absent: what it says of its language model
 *   RELEASE_WORKS_AFTER_MS            says "untested" so long after its start
 *   RELEASE_BROKEN_ON_FILE            says "failed" as soon as this file exists
 *   RELEASE_DIES_AFTER_MS             dies so long after it first said that it is ready
 *   RELEASE_DIES_ON_FILE              dies as soon as this file exists
 *   RELEASE_STARTS_AFTER_MS           listens only so long after its start
 *   RELEASE_TERM                      ignored
 *   RELEASE_PREPARE                   fails | hangs | dies | garbage | refuses: in the midst of its migration
 *   RELEASE_CHECK                     fails | hangs | refuses: when it is only to check
 *   RELEASE_REHEARSAL                 fails | hangs | silent | refuses: when it is to migrate a copy
 *   RELEASE_RESTORE                   fails | hangs | dies | unusable: when it is to restore a backup, or to check one
 *   RELEASE_SUPERVISOR                fails: when it is asked how the node is
 *   RELEASE_WRITES_KIB                how much a migration writes besides
 *
 * cc -static -Os -o release release.c
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define STATE "/var/lib/ladylinux/data"
#define MODELS "/opt/ladylinux/models"

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

static int is(const char *name, const char *value) { return !strcmp(setting(name, ""), value); }

static long number(const char *name, long otherwise) {
    const char *value = getenv(name);
    return value && *value ? atol(value) : otherwise;
}

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void end(int signal) {
    (void)signal;
    _exit(0);
}

static void hang(void) {
    for (;;) pause();
}

/* ---- serve ---- */

static void answer(int client, const char *status, const char *body) {
    char head[256];
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                        status, strlen(body));
    if (write(client, head, size) < 0 || write(client, body, strlen(body)) < 0) return;
}

static int serve(void) {
    struct sigaction action = {.sa_handler = is("RELEASE_TERM", "ignored") ? SIG_IGN : end};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (is("RELEASE_SERVE", "exits")) {
        fputs("error: this release cannot start\n", stderr);
        return 7;
    }
    if (is("RELEASE_SERVE", "deaf")) hang();

    long started = now_ms(), ready_since = 0, dies_after = number("RELEASE_DIES_AFTER_MS", 0);
    long starts_after = number("RELEASE_STARTS_AFTER_MS", 0);
    const char *dies_on = setting("RELEASE_DIES_ON_FILE", NULL), *broken_on = setting("RELEASE_BROKEN_ON_FILE", NULL);
    while (now_ms() - started < starts_after) usleep(10000);

    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8000), .sin_addr.s_addr = INADDR_ANY};
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 64)) {
        perror("error: cannot listen");
        return 1;
    }
    /* Wakes up now and then, to look whether it is time to die. */
    struct timeval tick = {.tv_usec = 20000}, patience = {.tv_sec = 1};
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
    for (;;) {
        if (dies_on && !access(dies_on, F_OK)) return 9;
        if (dies_after && ready_since && now_ms() - ready_since > dies_after) {
            fputs("error: this release died\n", stderr);
            return 9;
        }
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        if (is("RELEASE_SERVE", "silent")) continue;
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        char request[4096], body[1024];
        ssize_t got = read(client, request, sizeof request - 1);
        request[got > 0 ? got : 0] = 0;
        int ready = !is("RELEASE_SERVE", "unready");
        const char *digest = setting("LADYLINUX_RELEASE_DIGEST", "");
        if (is("RELEASE_SERVE", "wrong-digest"))
            digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
        snprintf(body, sizeof body,
                 "{\"ready\":%s,\"release\":{\"version\":\"%s\",\"commit\":\"%s\",\"digest\":\"%s\"},\"capabilities\":{\"llm\":\"%s\"}}\n",
                 ready ? "true" : "false", setting("RELEASE_VERSION", "0"), setting("RELEASE_COMMIT", "none"), digest,
                 broken_on && !access(broken_on, F_OK) ? "failed" :
                 now_ms() - started < number("RELEASE_WORKS_AFTER_MS", 0) ? "untested" : setting("RELEASE_WORK", "absent"));
        answer(client, ready ? "200 OK" : "503 Service Unavailable", body);
        close(client);
        if (ready && !ready_since && !strncmp(request, "GET /health/ready", 17)) ready_since = now_ms();
    }
}

/* ---- healthcheck ---- */

static int healthcheck(void) {
    int server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char request[] = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char reply[64] = "";
    return !(!connect(server, (struct sockaddr *)&here, sizeof here) && write(server, request, sizeof request - 1) > 0 &&
             read(server, reply, sizeof reply - 1) > 12 && !strncmp(reply + 9, "200", 3));
}

/* ---- prepare ---- */

static long schema_in(const char *path) {
    long found = 0;
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%ld", &found) != 1) found = -1;
    if (file) fclose(file);
    return found;
}

static long schema(void) { return schema_in(STATE "/schema"); }

/* Writes a file through to the disk; what goes wrong is said, and ends the process. */
static void put(const char *path, const char *text, long filler_kib) {
    static const char block[1024];
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int wrong = file < 0 || write(file, text, strlen(text)) < 0;
    while (!wrong && filler_kib-- > 0) wrong = write(file, block, sizeof block) < 0;
    if (wrong || fsync(file) || close(file)) {
        fprintf(stderr, "error: cannot write %s: %s\n", path, strerror(errno));
        exit(1);
    }
}

/* Copies a file, from an offset on, and returns how many lines that were; none if it is not there. */
static long copy(const char *from, const char *to, long offset) {
    FILE *in = fopen(from, "r"), *out;
    long lines = 0;
    if (!in) return 0;
    fseek(in, offset, SEEK_SET);
    if (!(out = fopen(to, "w"))) {
        fprintf(stderr, "error: cannot write %s: %s\n", to, strerror(errno));
        exit(1);
    }
    for (int byte; (byte = fgetc(in)) != EOF; lines += byte == '\n') fputc(byte, out);
    if (fflush(out) || fsync(fileno(out)) || fclose(out)) {
        fprintf(stderr, "error: cannot write %s: %s\n", to, strerror(errno));
        exit(1);
    }
    fclose(in);
    return lines;
}

static long size(const char *path) {
    struct stat about;
    return stat(path, &about) ? 0 : about.st_size;
}

/* Stands for the hash of a directory: of the names, sizes and times of what lies in it. */
static void tree(const char *name, const char *directory) {
    unsigned long sum = 5381;
    DIR *open = opendir(directory);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        char path[512];
        struct stat about;
        unsigned long one = 1469598103934665603UL;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &about)) continue;
        for (const char *letter = entry->d_name; *letter; letter++) one = (one ^ *letter) * 1099511628211UL;
        sum += one * 31 + about.st_size * 7 + about.st_mtim.tv_nsec;
    }
    if (open) closedir(open);
    printf("\"%s\":\"%064lx\"", name, sum);
}

static void report(long from, long to, int applied, int backed_up, const char *issue) {
    printf("{\"release\":{\"version\":\"%s\",\"commit\":\"%s\",\"runtime\":\"stand-in 1.0\",\"runtime_path\":\"/usr/local/bin/ladylinux\"},"
           "\"ready\":%s,\"issues\":[",
           setting("RELEASE_VERSION", "0"), setting("RELEASE_COMMIT", "none"), issue ? "false" : "true");
    if (issue)
        printf("{\"severity\":\"critical\",\"code\":\"stand_in\",\"message\":\"%s\",\"mend\":\"use another release\"}", issue);
    printf("],\"database\":{\"from\":%ld,\"to\":%ld,\"migrations\":[", from, to);
    for (long step = from; step < to; step++) printf("%s\"%04ld_step\"", step > from ? "," : "", step + 1);
    printf("],\"applied\":%s,\"backup\":", applied ? "true" : "false");
    if (backed_up) printf("\"" STATE "/backup-%ld\"", from);
    else printf("null");
    printf("},\"models\":{\"present\":0,\"missing\":0,\"mismatched\":0,\"writable\":%s},\"trees\":{",
           access(MODELS, W_OK) ? "false" : "true");
    tree("config", "/etc/ladylinux");
    printf(",");
    tree("models", MODELS);
    printf(",\"manifest\":\"%064x\"}}\n", 0);
}

/* Migrates a copy, as far as there is anything to copy: a number, and whatever weighs on it. */
static int rehearse(const char *directory) {
    long from = schema(), to = number("RELEASE_SCHEMA", 1);
    char path[256];
    if (is("RELEASE_REHEARSAL", "hangs")) hang();
    if (is("RELEASE_REHEARSAL", "fails")) {
        fputs("error: the migration 0002_step failed on a copy\n", stderr);
        return 1;
    }
    if (is("RELEASE_REHEARSAL", "refuses")) {
        report(from, to, 0, 0, "migration 2 (step) failed on a copy");
        return 3;
    }
    snprintf(path, sizeof path, "%s/rehearsal", directory);
    put(path, "0\n", number("RELEASE_WRITES_KIB", 0));
    unlink(path);
    if (!access(STATE "/schema", W_OK)) {
        fputs("error: the state can be written, and must not\n", stderr);
        return 1;
    }
    printf("{\"release\":{\"version\":\"%s\",\"runtime\":\"stand-in 1.0\"},\"ready\":true,\"issues\":[],"
           "\"database\":{\"from\":%ld,\"to\":%ld,\"migrations\":[\"step\"],\"applied\":false%s},"
           "\"models\":{\"present\":0,\"missing\":0,\"mismatched\":0,\"writable\":false}}\n",
           setting("RELEASE_VERSION", "0"), from, to,
           is("RELEASE_REHEARSAL", "silent") ? "" : ",\"rehearsal\":{\"took_ms\":7,\"database_bytes\":2,\"space_bytes\":4}");
    return 0;
}

/* Copies its state to a directory. */
static int back_up(const char *directory) {
    char path[512];
    if ((mkdir(STATE "/backups", 0755) && errno != EEXIST) || mkdir(directory, 0755)) {
        fprintf(stderr, "error: cannot make %s: %s\n", directory, strerror(errno));
        return errno == EEXIST ? 2 : 1;
    }
    snprintf(path, sizeof path, "%s/records", directory);
    copy(STATE "/records", path, 0);
    snprintf(path, sizeof path, "%s/schema", directory);
    copy(STATE "/schema", path, 0);
    printf("{\"backup\":\"%s\",\"about\":{\"schema\":%ld,\"files\":{}}}\n", directory, schema());
    return 0;
}

/* Puts what it backed up, before its migration or into a directory, back, and keeps aside the records since. */
static int restore(const char *directory, long to, int check, const char *aside) {
    long from = schema(), kept;
    char backup[512], records[512], text[32];
    if (*directory) {
        snprintf(backup, sizeof backup, "%s/schema", directory);
        snprintf(records, sizeof records, "%s/records", directory);
        to = schema_in(backup);
    } else {
        snprintf(backup, sizeof backup, STATE "/backup-%ld", to);
        snprintf(records, sizeof records, STATE "/backup-%ld.records", to);
    }
    signal(SIGTERM, end);
    if (access(backup, R_OK) || is("RELEASE_RESTORE", "unusable")) {
        fprintf(stderr, "error: the backup %s cannot be opened\n", backup);
        return 2;
    }
    if (check) {
        printf("{\"from\":%ld,\"to\":%ld}\n", from, to);
        return 0;
    }
    if (is("RELEASE_RESTORE", "hangs")) hang();
    if (is("RELEASE_RESTORE", "dies")) _exit(137);
    if (is("RELEASE_RESTORE", "fails")) {
        fputs("error: the backup could not be restored\n", stderr);
        return 1;
    }
    if (mkdir(STATE "/backups", 0755) && errno != EEXIST) {
        perror("error: cannot make the directory of backups");
        return 1;
    }
    kept = copy(STATE "/records", aside, size(records));
    if (!kept) unlink(aside);
    else if (truncate(STATE "/records", size(records))) {
        perror("error: cannot restore the records");
        return 1;
    }
    snprintf(text, sizeof text, "%ld\n", to);
    put(STATE "/schema.new", text, 0);
    if (rename(STATE "/schema.new", STATE "/schema")) return 1;
    printf("{\"from\":%ld,\"to\":%ld,\"kept\":{\"record\":%ld},\"kept_aside\":%s%s%s,\"replayed\":0}\n", from, to, kept,
           kept ? "\"" : "", kept ? aside : "null", kept ? "\"" : "");
    return 0;
}

static int prepare(int check) {
    long from = schema(), to = number("RELEASE_SCHEMA", 1);
    signal(SIGTERM, end);
    if (from > to) {
        report(from, from, 0, 0, "the database was written by a newer release");
        fprintf(stderr, "error: the database has schema %ld, this release knows %ld\n", from, to);
        return 2;
    }
    if (check) {
        if (is("RELEASE_CHECK", "hangs")) hang();
        if (is("RELEASE_CHECK", "fails")) {
            fputs("error: the check failed\n", stderr);
            return 1;
        }
        if (is("RELEASE_CHECK", "refuses")) {
            report(from, to, 0, 0, "this node is not for this release");
            return 2;
        }
        report(from, to, 0, 0, NULL);
        return 0;
    }
    if (mkdir(STATE, 0755) && errno != EEXIST) {
        fprintf(stderr, "error: cannot make %s: %s\n", STATE, strerror(errno));
        return 1;
    }
    int moves = from < to, misbehaves = getenv("RELEASE_PREPARE") != NULL;
    if (moves) {
        char backup[128], text[32];
        snprintf(backup, sizeof backup, STATE "/backup-%ld", from);
        snprintf(text, sizeof text, "%ld\n", from);
        if (from) {
            char records[128];
            snprintf(records, sizeof records, STATE "/backup-%ld.records", from);
            copy(STATE "/records", records, 0);
            put(backup, text, 0);
        }
        /* A migration that is half-way: the journal beside the database is there until it is through. */
        put(STATE "/schema.half", text, number("RELEASE_WRITES_KIB", 0));
    }
    if (misbehaves) {
        if (is("RELEASE_PREPARE", "hangs")) hang();
        /* The first process of a container cannot kill itself. */
        if (is("RELEASE_PREPARE", "dies")) _exit(137);
        if (is("RELEASE_PREPARE", "garbage")) {
            puts("{\"release\": half a");
            return 0;
        }
        if (is("RELEASE_PREPARE", "refuses")) {
            report(from, to, 0, moves && from, "this node is not for this release");
            return 2;
        }
        fputs("error: the migration 0002_step failed: no such column\n", stderr);
        return 1;
    }
    if (moves) {
        char text[32];
        snprintf(text, sizeof text, "%ld\n", to);
        put(STATE "/schema.new", text, 0);
        if (rename(STATE "/schema.new", STATE "/schema") || unlink(STATE "/schema.half")) {
            perror("error: cannot finish the migration");
            return 1;
        }
    }
    report(from, to, moves, moves && from, NULL);
    return 0;
}

/* The supervisor in the release, asked how the node is. */
static int look(void) {
    if (is("RELEASE_SUPERVISOR", "fails")) {
        fputs("error: this supervisor cannot read the journal\n", stderr);
        return 1;
    }
    printf("{\"engine\":\"stand-in\",\"release\":{\"digest\":\"%s\"}}\n", setting("LADYLINUX_RELEASE_DIGEST", ""));
    return 0;
}

int main(int count, char **words) {
    const char *verb = count > 1 ? words[1] : "";
    if (strstr(words[0], "ladylinux-supervisor")) return look();
    if (!strcmp(verb, "serve")) return serve();
    if (!strcmp(verb, "healthcheck")) return healthcheck();
    if (!strcmp(verb, "prepare")) {
        int check = 0;
        for (int word = 2; word < count; word++) {
            if (!strcmp(words[word], "--rehearse") && word + 1 < count) return rehearse(words[word + 1]);
            check |= !strcmp(words[word], "--check");
        }
        return prepare(check);
    }
    if (!strcmp(verb, "backup")) return back_up(words[count - 1]);
    if (!strcmp(verb, "restore")) {
        const char *aside = "", *directory = "";
        int check = 0;
        long to = 0;
        for (int word = 2; word < count; word++) {
            check |= !strcmp(words[word], "--check");
            if (words[word][0] == '/' && words[word - 1][0] != '-') directory = words[word];
            if (!strcmp(words[word - 1], "--json") && words[word][0] == '/') directory = words[word];
            if (!strcmp(words[word], "--of-schema") && word + 1 < count) to = atol(words[word + 1]);
            if (!strcmp(words[word], "--keep-aside") && word + 1 < count) aside = words[word + 1];
        }
        return restore(directory, to, check, aside);
    }
    if (!strcmp(verb, "version")) {
        printf("{\"version\":\"%s\",\"commit\":\"%s\",\"runtime\":\"stand-in 1.0\"}\n", setting("RELEASE_VERSION", "0"),
               setting("RELEASE_COMMIT", "none"));
        return 0;
    }
    if (!strcmp(verb, "host-facts")) {
        for (int word = 2; word + 1 < count; word++)
            if (!strcmp(words[word], "--write")) put(words[word + 1], "{}\n", 0);
        return 0;
    }
    fprintf(stderr, "error: this stand-in knows no verb %s\n", verb);
    return 2;
}
