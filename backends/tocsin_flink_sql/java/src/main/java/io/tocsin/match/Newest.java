package io.tocsin.match;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The newest events of a window, by time and, at one time, by id in order of code points. */
public final class Newest {
    static final int MOST_IDS = 100;
    static final int MOST_EVENTS = 20;
    static final long MOST_BYTES = 256 * 1024;

    private record Member(long time, String id, String text) {
        boolean before(long other, String otherId) {
            return time != other ? time < other : order(id, otherId) < 0;
        }
    }

    private final List<Member> members;

    public Newest(long[] times, String[] ids, String[] texts) {
        members = new ArrayList<>(times.length + 1);
        for (int i = 0; i < times.length; i++) {
            members.add(new Member(times[i], ids[i], texts[i]));
        }
    }

    public void add(long time, String id, String text) {
        int at = members.size();
        while (at > 0 && !members.get(at - 1).before(time, id)) {
            at--;
        }
        members.add(at, new Member(time, id, text));
        if (members.size() > MOST_IDS) {
            members.remove(0);
        }
        long size = 0;
        boolean full = false;
        for (int i = members.size() - 1; i >= 0; i--) {
            Member each = members.get(i);
            if (each.text() == null) {
                break;
            }
            size += each.text().length();
            full |= members.size() - i > MOST_EVENTS || size > MOST_BYTES;
            if (full) {
                members.set(i, new Member(each.time(), each.id(), null));
            }
        }
    }

    /** An event that has been cut off is no longer here. */
    public void remove(long time, String id) {
        for (int i = 0; i < members.size() && members.get(i).time() <= time; i++) {
            if (members.get(i).time() == time && members.get(i).id().equals(id)) {
                members.remove(i);
                return;
            }
        }
    }

    public long[] times() {
        return members.stream().mapToLong(Member::time).toArray();
    }

    public String[] ids() {
        return members.stream().map(Member::id).toArray(String[]::new);
    }

    public String[] texts() {
        return members.stream().map(Member::text).toArray(String[]::new);
    }

    private static int order(String one, String other) {
        return Arrays.compareUnsigned(
                one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }
}
