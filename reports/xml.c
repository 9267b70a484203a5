#include "reports/xml.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <mxml.h>

#include "reports/line.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* XML 1.0 forbids most control characters even when escaped, and two that are no characters. */
static bool is_forbidden(const char *at, size_t length)
{
    unsigned char c = (unsigned char)*at;
    if (length == 0)
        return true;
    if (length == 3)
        return memcmp(at, "\xef\xbf\xbe", 3) == 0 || memcmp(at, "\xef\xbf\xbf", 3) == 0;
    return c < 0x20 && c != '\t' && c != '\n';
}

/* A copy in which every forbidden byte is replaced; NULL when out of memory. */
static char *cleaned(const char *text)
{
    char *copy = malloc(strlen(text) * (sizeof(replacement) - 1) + 1), *out = copy;
    if (copy == NULL)
        return NULL;
    while (*text != '\0') {
        size_t length = line_utf8(text), step = length == 0 ? 1 : length;
        bool forbidden = is_forbidden(text, length);
        size_t count = forbidden ? sizeof(replacement) - 1 : step;
        memcpy(out, forbidden ? replacement : text, count);
        out += count;
        text += step;
    }
    *out = '\0';
    return copy;
}

void xml_begin(struct xml *xml)
{
    xml->document = xml->innermost = mxmlNewXML("1.0");
    xml->status = xml->document != NULL ? RPC_OK : RPC_NO_MEMORY;
}

void xml_element(struct xml *xml, const char *name)
{
    mxml_node_t *element = mxmlNewElement(xml->innermost, name);
    if (element == NULL)
        xml->status = RPC_NO_MEMORY;
    else
        xml->innermost = element;
}

void xml_attribute(struct xml *xml, const char *name, const char *value)
{
    char *clean = value != NULL ? cleaned(value) : NULL;
    if (clean != NULL)
        mxmlElementSetAttr(xml->innermost, name, clean);
    else if (value != NULL)
        xml->status = RPC_NO_MEMORY;
    free(clean);
}

void xml_text(struct xml *xml, const char *text)
{
    char *clean = cleaned(text);
    if (clean == NULL || mxmlNewOpaque(xml->innermost, clean) == NULL)
        xml->status = RPC_NO_MEMORY;
    free(clean);
}

void xml_element_end(struct xml *xml)
{
    if (xml->status == RPC_OK)
        xml->innermost = mxmlGetParent(xml->innermost);
}

static const char *line_ends(mxml_node_t *node, int where)
{
    bool has_text = mxmlGetType(node) == MXML_ELEMENT && mxmlGetFirstChild(node) != NULL &&
                    mxmlGetType(mxmlGetFirstChild(node)) == MXML_OPAQUE;
    if (where == MXML_WS_AFTER_CLOSE || (where == MXML_WS_AFTER_OPEN && !has_text))
        return "\n";
    return NULL;
}

enum rpc_status xml_end(struct xml *xml, FILE *file)
{
    mxmlSetWrapMargin(0);
    if (xml->status == RPC_OK)
        mxmlSaveFile(xml->document, file, line_ends);
    mxmlDelete(xml->document);
    return xml->status;
}
