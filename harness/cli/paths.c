#include "harness/cli/paths.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 16 };

struct list {
    char **paths;
    size_t count, room;
    char *problem; /* CLI_PATHS_PROBLEM_MAX bytes */
};

static enum rpc_status add(struct list *list, const char *path)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 64 : list->room * 2;
        char **paths = realloc(list->paths, room * sizeof(*paths));
        if (paths == NULL)
            return RPC_NO_MEMORY;
        list->paths = paths;
        list->room = room;
    }
    list->paths[list->count] = strdup(path);
    return list->paths[list->count] != NULL ? (list->count++, RPC_OK) : RPC_NO_MEMORY;
}

static bool is_wanted(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return name[0] != '.' && strcmp(name, "lib") != 0;
}

static int choose(const struct dirent *entry)
{
    return is_wanted(entry);
}

static int compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* by bytes, whatever the locale says */
}

static bool ends_with_lua(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".lua") == 0;
}

static enum rpc_status refuse(const struct list *list, const char *path, const char *why)
{
    snprintf(list->problem, CLI_PATHS_PROBLEM_MAX, "cannot read %s: %s",
             *path != '\0' ? path : "''", why);
    return RPC_IO;
}

static enum rpc_status walk(struct list *list, const char *folder, int depth);

/* A folder, or a file with whatever name. */
static enum rpc_status visit(struct list *list, const char *path, int depth)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return refuse(list, path, strerror(errno));
    return S_ISDIR(about.st_mode) ? walk(list, path, depth) : add(list, path);
}

/* What is no folder and does not end as scenarios do is passed over. */
static bool is_passed_over(const char *path)
{
    struct stat about;
    return !ends_with_lua(path) && (stat(path, &about) != 0 || !S_ISDIR(about.st_mode));
}

static enum rpc_status walk(struct list *list, const char *folder, int depth)
{
    struct dirent **entries = NULL;
    if (depth >= DEPTH_MAX) /* a link to a folder above it */
        return refuse(list, folder, "folders lie too deep in each other");
    int count = scandir(folder, &entries, choose, compare);
    enum rpc_status status = count < 0 ? refuse(list, folder, strerror(errno)) : RPC_OK;
    size_t length = strlen(folder);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
        int used = snprintf(path, sizeof(path), "%s%s%s", folder, slash, entries[i]->d_name);
        free(entries[i]);
        if (status == RPC_OK && used >= (int)sizeof(path))
            status = refuse(list, folder, strerror(ENAMETOOLONG));
        else if (status == RPC_OK && !is_passed_over(path))
            status = visit(list, path, depth + 1);
    }
    free(entries);
    return status;
}

enum rpc_status cli_paths(const char *const *given, char ***paths, size_t *count, char *problem)
{
    struct list list = {.problem = problem};
    enum rpc_status status = RPC_OK;
    for (; given != NULL && *given != NULL && status == RPC_OK; given++)
        status = visit(&list, *given, 0);
    if (status != RPC_OK) {
        cli_paths_free(list.paths, list.count);
        return status;
    }
    *paths = list.paths;
    *count = list.count;
    return RPC_OK;
}

void cli_paths_free(char **paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
}
