package io.tocsin.flink;

import io.tocsin.match.Newest;
import java.nio.charset.StandardCharsets;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.AggregateFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.types.Row;

/**
 * The events of a window: how many there are, the ids of the newest in order of time, and the texts
 * of the newest of these. Rows come in order of time and leave in it, so what is cut off never
 * comes back.
 */
public class WindowOf extends AggregateFunction<Row, WindowOf.Held> {
    private static final long serialVersionUID = 1L;
    private static final DataType NUMBER = DataTypes.BIGINT().notNull();
    private static final DataType NAMES = DataTypes.ARRAY(DataTypes.STRING());
    private static final DataType TIMES = DataTypes.ARRAY(NUMBER).bridgedTo(long[].class);
    private static final TypeInference TYPES =
            Signature.keeping(
                    DataTypes.STRUCTURED(
                            Held.class,
                            DataTypes.FIELD("count", NUMBER.bridgedTo(long.class)),
                            DataTypes.FIELD("times", TIMES),
                            DataTypes.FIELD("ids", NAMES),
                            DataTypes.FIELD("texts", NAMES)),
                    DataTypes.ROW(
                            DataTypes.FIELD("count", NUMBER),
                            DataTypes.FIELD("ids", NAMES),
                            DataTypes.FIELD("events", NAMES)),
                    Signature.WORD,
                    DataTypes.TIMESTAMP(3).bridgedTo(TimestampData.class),
                    Signature.EVENT);

    /** What is kept of a window: arrays of one length, in order; texts of the newest alone. */
    public static class Held {
        public long count;
        public long[] times = {};
        public String[] ids = {};
        public String[] texts = {};
    }

    @Override
    public Held createAccumulator() {
        return new Held();
    }

    public void accumulate(Held held, String id, TimestampData time, byte[] event) {
        Newest newest = new Newest(held.times, held.ids, held.texts);
        newest.add(time.getMillisecond(), id, new String(event, StandardCharsets.UTF_8));
        keep(held, newest, held.count + 1);
    }

    public void retract(Held held, String id, TimestampData time, byte[] event) {
        Newest newest = new Newest(held.times, held.ids, held.texts);
        newest.remove(time.getMillisecond(), id);
        keep(held, newest, held.count - 1);
    }

    @Override
    public Row getValue(Held held) {
        int shown = 0;
        while (shown < held.texts.length && held.texts[held.texts.length - 1 - shown] != null) {
            shown++;
        }
        String[] events = new String[shown];
        System.arraycopy(held.texts, held.texts.length - shown, events, 0, shown);
        return Row.of(held.count, held.ids, events);
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TYPES;
    }

    private static void keep(Held held, Newest newest, long count) {
        held.count = count;
        held.times = newest.times();
        held.ids = newest.ids();
        held.texts = newest.texts();
    }
}
