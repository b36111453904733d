# What makes pages old: Ghost's own word, in the header of the answer that whoever made a change is given. Almost any
# change shows on many pages (lists, feeds, navigation), so all are old at once, but for what is never kept: previews,
# comments, members.
#
# Of some changes no answer tells. Ghost tells of its start itself (`../ghost/flush-pages.mjs`), which covers whatever
# was done while it was down: an upgrade, a restore, a new file in a theme. Five minutes bound the rest: see
# `what-is-kept.vcl`.

sub the_site_changed {
    # Part of the key, so that nothing of before is found any more, even if it was on its way while the site changed.
    var.global_set("changed", std.time2real(now, 0.0));
    # What cannot be found need not take memory either.
    std.ban("obj.status != 0");
}

sub vcl_backend_response {
    if (beresp.http.X-Cache-Invalidate
        && beresp.http.X-Cache-Invalidate !~ "^(?:/(?:p|members|api/members/comments)/[^,]*(?:, *|$))+$") {
        call the_site_changed;
    }
    # The keys of the Content API: Ghost says nothing of them.
    if (bereq.url ~ "(?i)^/ghost/api/(?:[^/]+/)?admin/integrations" && bereq.method != "GET" && beresp.status < 300) {
        call the_site_changed;
    }
}

# Nobody knows whether a change was made whose answer was lost.
sub vcl_backend_error {
    if (bereq.url ~ "(?i)^/ghost/" && bereq.method !~ "^(?:GET|HEAD|OPTIONS)$") {
        call the_site_changed;
    }
}
