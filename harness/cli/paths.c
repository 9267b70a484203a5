#include "harness/cli/paths.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LENGTH_MAX = 1024, DEPTH_MAX = 16 };

struct list {
    char **paths;
    size_t count, room;
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

static enum rpc_status walk(struct list *list, const char *folder, int depth)
{
    struct dirent **entries;
    int count = depth < DEPTH_MAX ? scandir(folder, &entries, choose, compare) : -1;
    enum rpc_status status = count < 0 ? RPC_IO : RPC_OK;
    size_t length = strlen(folder);
    for (int i = 0; i < count; i++) {
        char path[PATH_LENGTH_MAX];
        struct stat about;
        const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
        snprintf(path, sizeof(path), "%s%s%s", folder, slash, entries[i]->d_name);
        free(entries[i]);
        if (status != RPC_OK || stat(path, &about) != 0)
            continue;
        if (S_ISDIR(about.st_mode))
            status = walk(list, path, depth + 1);
        else if (ends_with_lua(path))
            status = add(list, path);
    }
    if (count >= 0)
        free(entries);
    return status;
}

enum rpc_status cli_paths(const char *const *given, char ***paths, size_t *count,
                          const char **problem)
{
    struct list list = {.paths = NULL};
    enum rpc_status status = RPC_OK;
    for (; given != NULL && *given != NULL && status == RPC_OK; given++) {
        struct stat about;
        *problem = *given;
        if (stat(*given, &about) != 0)
            status = RPC_IO;
        else if (S_ISDIR(about.st_mode))
            status = walk(&list, *given, 0);
        else
            status = add(&list, *given);
    }
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
