/* The program `copy` of the compliance suite, by the lean interface: the output points into the input. */
#include "pappus.h"

PAPPUS_FUNCTION(input) {
  pappus_set *in = &input->sets[0];
  pappus_sets *output = pappus_output(1);
  for (uint32_t i = 0; i < in->item_count; i++) {
    pappus_item *item = pappus_add(&output->sets[0], in->items[i].name, in->items[i].name_bytes);
    item->key = in->items[i].key;
    item->data = in->items[i].data;
    item->data_bytes = in->items[i].data_bytes;
  }
  return output;
}
