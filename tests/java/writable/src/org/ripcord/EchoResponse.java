package org.ripcord;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.hadoop.io.Writable;

/** What echo gives. */
public final class EchoResponse implements Writable {
  String message;

  public EchoResponse() {}

  EchoResponse(String message) {
    this.message = message;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    Optional.write(out, message);
  }

  @Override
  public void readFields(DataInput in) throws IOException {
    message = Optional.read(in);
  }
}
