/*
 * XML 1.0 in UTF-8, on Mini-XML: elements, attributes, texts.
 *
 * Whatever is given becomes well-formed: what XML forbids even when escaped, and what is no
 * UTF-8, becomes U+FFFD.  (libxml2 would do, but loading it takes longer than most runs.)
 */
#ifndef REPORTS_XML_H
#define REPORTS_XML_H

#include <stdio.h>

#include "rpc/status.h"

struct xml {
    struct _mxml_node_s *document;  /* owned */
    struct _mxml_node_s *innermost; /* of the open elements */
    enum rpc_status status;         /* the first failure */
};

void xml_begin(struct xml *xml);

void xml_element(struct xml *xml, const char *name);
/* Of the innermost element; NULL: none. */
void xml_attribute(struct xml *xml, const char *name, const char *value);
void xml_text(struct xml *xml, const char *text);
void xml_element_end(struct xml *xml);

/* Write the document and free it.  RPC_NO_MEMORY; a failed write stays in the file's ferror. */
enum rpc_status xml_end(struct xml *xml, FILE *file);

#endif
