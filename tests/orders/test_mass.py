import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from orders import ledger, mass, money
from orders.mass import BadPaste
from orders.models import LedgerEntry, MassOrder, Order
from orders.verification import verify
from tests.factories import NOW, fund, make_provider, make_service, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(db):
    return make_service(rate="1.00", minimum=10, maximum=10_000)


def paste_of(customer, *lines, key="k"):
    return mass.start(customer=customer, text="\n".join(lines), client_key=key, now=NOW)


def worked(paste):
    """The paste after all steps that its state asks for."""
    while paste.state in {"checking", "placing"}:
        paste = mass.step(mass=paste, now=NOW)
    return paste


def lines_of(service, count, quantity=100):
    return [f"{service.pk} | https://example.com/p/{number} | {quantity}" for number in range(count)]


def results(paste, customer):
    return [(line.problem, bool(line.order)) for line in mass.page_of(paste, ledger.balance_of(customer)).lines]


def test_a_paste_is_checked_before_anything_is_placed(customer, service):
    fund(customer, "10.00")
    paste = worked(paste_of(customer, *lines_of(service, 3)))
    assert paste.state == "checked"
    page = mass.page_of(paste, ledger.balance_of(customer))
    assert (page.good, page.bad, page.total, page.missing) == (3, 0, money.parse("0.30"), 0)
    assert Order.objects.count() == 0


def test_all_lines_are_placed_once_each_however_often_a_step_is_repeated(customer, service):
    fund(customer, "10.00")
    paste = worked(paste_of(customer, *lines_of(service, 60)))
    assert mass.place(mass=paste, only_good=False)
    stale = MassOrder.objects.get(pk=paste.pk)
    mass.step(mass=stale, now=NOW)
    mass.step(mass=stale, now=NOW)
    paste = worked(MassOrder.objects.get(pk=paste.pk))
    assert paste.state == "done"
    assert Order.objects.count() == LedgerEntry.objects.filter(kind="charge").count() == 60
    assert ledger.balance_of(customer) == money.parse("4.00")
    assert not mass.place(mass=paste, only_good=True)


def test_each_line_has_its_own_verdict(customer, service):
    fund(customer)
    taken = place(customer, service=service, link="https://example.com/taken")
    paste = worked(
        paste_of(
            customer,
            f"{service.pk} | https://example.com/good | 100",
            "nonsense",
            "999999 | https://example.com/1 | 100",
            f"{service.pk} | not a link | 100",
            f"{service.pk} | https://example.com/2 | 5",
            f"{service.pk} | https://example.com/3 | 1e3",
            f"{service.pk} | https://example.com/4",
            f"{service.pk} | http://www.example.com/good/ | 200",
            f"{service.pk} | https://example.com/taken | 100",
            f"{service.pk} | https://example.com/5 | 100 | more",
        )
    )
    problems = [problem for problem, _order in results(paste, customer)]
    assert problems[0] == ""
    assert all(problems[1:])
    assert "line 1" in problems[7]
    assert f"#{taken.pk}" in problems[8]


def test_only_the_good_lines_are_placed_where_some_are_not(customer, service):
    fund(customer)
    paste = worked(paste_of(customer, *lines_of(service, 2), "nonsense"))
    assert not mass.place(mass=paste, only_good=False)
    assert mass.place(mass=paste, only_good=True)
    paste = worked(MassOrder.objects.get(pk=paste.pk))
    assert results(paste, customer)[:2] == [("", True), ("", True)]
    assert Order.objects.count() == 2


def test_a_balance_that_does_not_last_places_what_it_can_and_says_so(customer, service):
    fund(customer, "0.25")
    paste = worked(paste_of(customer, *lines_of(service, 4)))
    assert mass.page_of(paste, ledger.balance_of(customer)).missing == money.parse("0.15")
    mass.place(mass=paste, only_good=False)
    paste = worked(MassOrder.objects.get(pk=paste.pk))
    placed = [order for _problem, order in results(paste, customer)]
    assert placed == [True, True, False, False]
    assert "short" in results(paste, customer)[2][0]


def test_comments_are_written_with_a_double_bar_between_them(customer):
    fund(customer)
    service = make_service(type="Custom Comments", rate="1.00", minimum=2, maximum=10)
    wish = mass.wish_of(f"{service.pk} | https://example.com/1 | Nice, really || Great | and more || Wow")
    assert wish.inputs == {"comments": "Nice, really\nGreat | and more\nWow"}
    paste = worked(paste_of(customer, f"{service.pk} | https://example.com/1 | one || two || three"))
    mass.place(mass=paste, only_good=False)
    worked(MassOrder.objects.get(pk=paste.pk))
    assert Order.objects.get().quantity == 3


LINK = "https://example.com/p/1"
NO_QUANTITY = "This service has no quantity: write service | link | first || second."
ONE_PACKAGE = "This service is one package: write service | link."


def verdict(customer, service, *parts) -> str:
    """What a paste of this one line says of it; empty where it is good."""
    [(problem, _order)] = results(worked(paste_of(customer, " | ".join([str(service.pk), LINK, *parts]))), customer)
    return problem


@pytest.mark.parametrize("type", ["Custom Comments", "Mentions Custom List", "Custom Comments Package"])
@pytest.mark.parametrize("parts", [["2", "Great||Nice"], ["2", "Great"], ["2"]])
def test_a_quantity_before_a_list_that_has_none_is_refused_and_becomes_no_comment(customer, type, parts):
    fund(customer)
    assert verdict(customer, make_service(type=type, minimum=1), *parts) == NO_QUANTITY


@pytest.mark.parametrize("lines", ["10||9||8", "10||Great", "Great||10", "10 of 10 | lovely||Nice"])
def test_a_comment_may_be_a_number_where_there_are_several(customer, lines):
    fund(customer)
    assert verdict(customer, make_service(type="Custom Comments", minimum=2), lines) == ""


@pytest.mark.parametrize("parts", [["3"], ["1", "2"], ["one"], ["1||2"], ["||x"]])
def test_more_than_one_of_a_package_is_refused(customer, parts):
    fund(customer)
    assert verdict(customer, make_service(type="Package", rate="4.00"), *parts) == ONE_PACKAGE


@pytest.mark.parametrize("parts", [[], ["1"], [""]])
def test_one_of_a_package_may_be_written_or_not(customer, parts):
    fund(customer)
    assert verdict(customer, make_service(type="Package", rate="4.00"), *parts) == ""


def test_what_is_missing_in_a_line_is_called_by_its_name(customer):
    fund(customer)
    poll = make_service(type="Poll")
    assert verdict(customer, poll, "100") == "Number of the answer: This is needed."


@pytest.mark.parametrize("text", ["", "  \n \n", "a\n" * 1001, "x" * 500_001, "1 | https://example.com | 5\x00"])
def test_a_paste_that_cannot_be_taken_is_refused_with_a_sentence(customer, text):
    with pytest.raises(BadPaste) as refused:
        mass.start(customer=customer, text=text, client_key="k", now=NOW)
    assert str(refused.value).endswith(".")
    assert not MassOrder.objects.exists()


def test_the_same_form_sent_twice_is_one_paste(customer, service):
    first = paste_of(customer, *lines_of(service, 1))
    assert paste_of(customer, *lines_of(service, 1)) == first


@pytest.mark.django_db(transaction=True)
def test_a_thousand_lines_go_at_once_and_the_books_are_right(customer):
    service = make_service(rate="0.10", minimum=1, provider=make_provider())
    fund(customer, "100.00")
    paste = worked(paste_of(customer, *lines_of(service, 1000)))
    mass.place(mass=paste, only_good=False)
    worked(MassOrder.objects.get(pk=paste.pk))
    assert Order.objects.count() == 1000
    assert verify() == []


def test_a_problem_is_told_in_the_language_of_whoever_reads_it(customer, service):
    fund(customer, "0.50")
    small, gone, twin = (f"{service.pk} | {LINK} | 5", f"999999 | {LINK} | 100", f"{service.pk} | {LINK} | 100")
    paste = worked(paste_of(customer, small, gone, twin, twin, f"{service.pk} | https://example.com/p/2 | 1000"))
    english = [problem for problem, _order in results(paste, customer)]
    with translation.override("es"):
        spanish = [problem for problem, _order in results(paste, customer)]
    assert english[0] == "The smallest quantity of this service is 10."
    assert spanish[0] == "La cantidad mínima de este servicio es 10."
    assert (
        [bool(problem) for problem in spanish]
        == [bool(problem) for problem in english]
        == [True, True, False, True, False]
    )
    assert not set(spanish) & set(english) - {""}


def test_what_went_wrong_in_placing_is_told_in_the_language_of_whoever_reads_it(customer, service):
    fund(customer, "0.05")
    paste = worked(paste_of(customer, *lines_of(service, 1)))
    mass.place(mass=paste, only_good=False)
    with translation.override("es"):
        paste = worked(MassOrder.objects.get(pk=paste.pk))
        [(spanish, _order)] = results(paste, customer)
    assert results(paste, customer) == [
        ("Your balance is 0.05 USD short for this order. Add funds or order less.", False)
    ]
    assert spanish.startswith("A tu saldo le faltan")


def test_a_problem_that_was_kept_in_one_language_is_shown_as_it_was(customer, service):
    paste = worked(paste_of(customer, "nonsense"))
    paste.lines[0]["problem"] = "Kept by an earlier version."
    paste.save()
    assert results(paste, customer) == [("Kept by an earlier version.", False)]


# --- The pages


def test_a_customer_pastes_checks_and_places_without_javascript(client, customer, service):
    fund(customer)
    client.force_login(customer)
    answer = client.post("/orders/mass/", {"lines": "\n".join([*lines_of(service, 2), "nonsense"]), "token": "t1"})
    address = answer["Location"]
    client.post(address)
    page = client.get(address).content.decode()
    assert "Place the 2 good lines" in page
    client.post(address, {"place": "good"})
    client.post(address)
    page = client.get(address).content.decode()
    assert "2 orders are placed" in page
    assert Order.objects.count() == 2


def test_lines_may_come_from_a_file(client, customer, service):
    client.force_login(customer)
    text = "\ufeff" + "\r\n".join(lines_of(service, 3))
    answer = client.post("/orders/mass/", {"upload": SimpleUploadedFile("orders.txt", text.encode())})
    assert answer.status_code == 302
    assert len(MassOrder.objects.get().lines) == 3


@pytest.mark.parametrize(
    "sent",
    [
        {"lines": ""},
        {"lines": "a\n" * 1001},
        {"lines": "1\x002"},
        {"upload": SimpleUploadedFile("x.txt", b"\xff\xfe\x00\x01")},
        {"upload": SimpleUploadedFile("x.txt", b"x" * 500_001)},
        {"lines": "x", "token": "odd token\n"},
    ],
)
def test_a_bad_paste_comes_back_with_a_sentence_and_what_was_typed(client, customer, sent):
    client.force_login(customer)
    answer = client.post("/orders/mass/", sent)
    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()
    assert not MassOrder.objects.exists()


def test_a_strangers_paste_reads_like_none(client, customer, stranger, service):
    paste = paste_of(customer, *lines_of(service, 1))
    client.force_login(stranger)
    assert client.get(f"/orders/mass/{paste.pk}/").status_code == 404
    assert client.post(f"/orders/mass/{paste.pk}/", {"place": "all"}).status_code == 404
