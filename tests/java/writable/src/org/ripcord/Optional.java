package org.ripcord;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.hadoop.io.Text;

/** A string or none: a boolean and a Text. */
final class Optional {
  private Optional() {}

  static void write(DataOutput out, String value) throws IOException {
    out.writeBoolean(value != null);
    if (value != null) {
      Text.writeString(out, value);
    }
  }

  static String read(DataInput in) throws IOException {
    return in.readBoolean() ? Text.readString(in) : null;
  }
}
