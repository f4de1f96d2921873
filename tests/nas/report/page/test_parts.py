from __future__ import annotations

import json

import altair as alt

from nas.report.page.parts import code, facts, figure, note, paragraph, picture, table

TAG = "<b>&"
SAFE = "&lt;b&gt;&amp;"


def test_every_text_is_escaped():
    for part in (
        paragraph(TAG),
        note(TAG),
        code(TAG),
        facts([(TAG, TAG)]),
        table((TAG,), [(TAG,)], TAG),
        picture("png", b"", TAG, ""),
    ):
        assert "<b>" not in part
        assert SAFE in part


def test_data_of_a_figure_cannot_end_its_element():
    chart = alt.Chart(alt.Data(values=[{"a": "</script><b>"}])).mark_point()
    part = str(figure(chart, "a caption"))

    assert part.count("</script>") == 1
    spec = json.loads(part.partition('json">')[2].partition("</script>")[0])
    assert spec["data"]["values"] == [{"a": "</script><b>"}]
    assert spec["width"] == "container"


def test_columns_of_numbers_stand_to_the_right_and_the_first_names_the_row():
    part = str(table(("name", "size", "kind"), [("1", "1,200", "a"), ("2", "–", "b")], "sizes"))

    assert part.count('class="number"') == 3  # a heading and two cells
    assert part.count('<th scope="row">') == 2
