package org.ripcord;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.Writable;

/** What throw takes: class and message of the exception; the Handler sleeps for time (ms). */
public final class ThrowRequest implements Writable {
  String exception = "";
  String message;
  long time;

  public ThrowRequest() {}

  ThrowRequest(String exception, String message, long time) {
    this.exception = exception;
    this.message = message;
    this.time = time;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    Text.writeString(out, exception);
    Optional.write(out, message);
    out.writeLong(time);
  }

  @Override
  public void readFields(DataInput in) throws IOException {
    exception = Text.readString(in);
    message = Optional.read(in);
    time = in.readLong();
  }
}
